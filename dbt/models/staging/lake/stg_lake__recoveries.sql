with

source as (
    select * from {{ source('lake', 'recoveries') }}
),

final as (
    select distinct
        incident_id,
        event_kind,
        event_date,
        chain,
        address,
        tx_hash,
        asset,
        asset_symbol,
        amount,
        decimals as asset_decimals,
        asserted_by,
        source_url,
        note
    from source
)

select * from final
