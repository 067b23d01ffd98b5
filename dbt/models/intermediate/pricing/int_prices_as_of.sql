with

totals as (
    select * from {{ ref('stg_trace__totals') }}
),

flows as (
    select * from {{ ref('stg_trace__flows') }}
),

recoveries as (
    select * from {{ ref('stg_lake__recoveries') }}
),

prices as (
    select * from {{ ref('stg_lake__prices') }}
),

-- Only what something is valued at: the tracer's assets are few, a price feed's are many.
wanted as (
    select
        chain,
        asset,
        day
    from totals
    union
    select
        chain,
        asset,
        flow_date as day
    from flows
    union
    select
        chain,
        asset,
        event_date as day
    from recoveries
),

newest as (
    select
        wanted.chain,
        wanted.asset,
        wanted.day,
        prices.price_day,
        prices.price_usd
    from wanted
    asof inner join prices
        on
            wanted.chain = prices.chain
            and wanted.asset = prices.asset
            and wanted.day >= prices.price_day
),

final as (
    select
        chain,
        asset,
        day,
        price_day,
        price_usd,
        price_day < day as is_carried
    from newest
    where day - price_day <= {{ var('max_price_age_days') }}
)

select * from final
