with

source as (
    select * from {{ source('lake_days', 'transfers') }}
),

final as (
    select
        chain,
        tx_hash,
        kind,
        position,
        block_number,
        block_time at time zone 'UTC' as block_time,
        asset,
        amount,
        dt::date as day
    from source
)

select * from final
