with

source as (
    select * from {{ source('lake', 'incidents') }}
),

final as (
    select
        incident_id,
        title,
        victim,
        victim_kind,
        occurred_at at time zone 'UTC' as occurred_at,
        (occurred_at at time zone 'UTC')::date as occurred_date,
        occurred_precision,
        chains_affected,
        source_url
    from source
)

select * from final
