with

source as (
    select * from {{ source('lake', 'incident_links') }}
),

final as (
    select distinct
        incident_id,
        linked_incident_id,
        link_kind,
        strength,
        evidence,
        asserted_by,
        source_url
    from source
)

select * from final
