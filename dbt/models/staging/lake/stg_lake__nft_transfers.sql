with

source as (
    select * from {{ source('lake_days', 'nft_transfers') }}
),

final as (
    select
        chain,
        '0x' || lower(hex(tx_hash)) as tx_hash,
        position,
        part,
        block_number,
        block_time at time zone 'UTC' as block_time,
        standard,
        '0x' || lower(hex(contract)) as contract,
        '0x' || lower(hex(from_address)) as from_address,
        '0x' || lower(hex(to_address)) as to_address,
        token_id,
        quantity,
        source,
        dt::date as day
    from source
)

select * from final
