with

links as (
    select * from {{ ref('stg_lake__incident_links') }}
),

final as (
    select
        incident_id,
        linked_incident_id,
        link_kind,
        strength,
        evidence,
        asserted_by,
        source_url
    from links
)

select * from final
