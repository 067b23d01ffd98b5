with

source as (
    select * from {{ source('lake_days', 'transfers') }}
),

final as (
    select
        chain,
        {{ identifier_text('tx_hash') }} as tx_hash,
        kind,
        position,
        block_number,
        block_time at time zone 'UTC' as block_time,
        {{ identifier_text('asset') }} as asset,
        amount,
        dt::date as day
    from source
)

select * from final
