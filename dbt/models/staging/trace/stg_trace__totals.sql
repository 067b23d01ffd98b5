with

source as (
    select * from {{ source('trace', 'totals') }}
),

final as (
    select
        incident_id,
        method,
        chain,
        asset,
        measure,
        amount,
        dt::date as day
    from source
)

select * from final
