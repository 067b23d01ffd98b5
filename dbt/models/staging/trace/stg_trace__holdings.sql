with

source as (
    select * from {{ source('trace', 'holdings') }}
),

final as (
    select
        incident_id,
        method,
        chain,
        address,
        asset,
        tainted_amount,
        category,
        hop,
        dt::date as day
    from source
)

select * from final
