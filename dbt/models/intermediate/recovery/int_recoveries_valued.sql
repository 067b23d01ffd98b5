with

recoveries as (
    select * from {{ ref('stg_lake__recoveries') }}
),

totals as (
    select * from {{ ref('stg_trace__totals') }}
),

powers_of_ten as (
    select * from {{ ref('powers_of_ten') }}
),

prices as (
    select * from {{ ref('int_prices_as_of') }}
),

traced as (
    select distinct
        incident_id,
        chain,
        asset
    from totals
    where method = '{{ var("status_method") }}'
),

final as (
    select
        recoveries.*,
        {{ usd('recoveries.amount', 'powers_of_ten.scale', 'prices.price_usd') }} as usd,
        traced.incident_id is not null as is_in_traced_scope
    from recoveries
    left join powers_of_ten on recoveries.asset_decimals = powers_of_ten.exponent
    left join prices
        on
            recoveries.chain = prices.chain
            and recoveries.asset = prices.asset
            and recoveries.event_date = prices.day
    left join traced
        on
            recoveries.incident_id = traced.incident_id
            and recoveries.chain = traced.chain
            and recoveries.asset = traced.asset
)

select * from final
