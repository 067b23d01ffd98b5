with

flows as (
    select * from {{ ref('stg_trace__flows') }}
),

assets as (
    select * from {{ ref('int_assets_scaled') }}
),

prices as (
    select * from {{ ref('int_prices_as_of') }}
),

final as (
    select
        flows.*,
        assets.asset_symbol,
        assets.asset_decimals,
        prices.price_usd,
        prices.price_day,
        {{ usd('flows.tainted_amount', 'assets.scale', 'prices.price_usd') }} as tainted_usd,
        {{ usd('flows.stolen_amount', 'assets.scale', 'prices.price_usd') }} as stolen_usd
    from flows
    left join assets
        on
            flows.chain = assets.chain
            and flows.asset = assets.asset
    left join prices
        on
            flows.chain = prices.chain
            and flows.asset = prices.asset
            and flows.flow_date = prices.day
)

select * from final
