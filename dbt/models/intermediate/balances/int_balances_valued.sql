with

totals as (
    select * from {{ ref('stg_trace__totals') }}
),

flows as (
    select * from {{ ref('stg_trace__flows') }}
),

balance_parts as (
    select * from {{ ref('balance_parts') }}
),

assets as (
    select * from {{ ref('int_assets_scaled') }}
),

prices as (
    select * from {{ ref('int_prices_as_of') }}
),

measured as (
    select
        totals.incident_id,
        totals.method,
        totals.day,
        totals.chain,
        totals.asset,
        coalesce(sum(totals.amount) filter (where totals.measure = 'stolen'), 0)::hugeint as theft_amount,
        coalesce(sum(totals.amount) filter (where totals.measure = 'converted_in'), 0)::hugeint
            as converted_in_amount,
        coalesce(sum(totals.amount) filter (where totals.measure = 'converted_out'), 0)::hugeint
            as converted_out_amount,
        coalesce(sum(totals.amount) filter (where totals.measure = 'unseen_inflow'), 0)::hugeint
            as unseen_inflow_amount,
        coalesce(sum(totals.amount) filter (where balance_parts.part is not null), 0)::hugeint
            as parts_amount
    from totals
    left join balance_parts on totals.measure = balance_parts.part
    group by totals.incident_id, totals.method, totals.day, totals.chain, totals.asset
),

-- Thefts that only the victim's side of a case file names: who got the units, it does not say.
source_thefts as (
    select
        measured.incident_id,
        measured.method,
        measured.day,
        measured.chain,
        measured.asset,
        sum(flows.stolen_amount)::hugeint as amount
    from measured
    inner join flows
        on
            measured.incident_id = flows.incident_id
            and measured.method = flows.method
            and measured.chain = flows.chain
            and measured.asset = flows.asset
            and measured.day >= flows.flow_date
    where flows.theft_role = 'source' and flows.stolen_amount > 0
    group by measured.incident_id, measured.method, measured.day, measured.chain, measured.asset
),

priced as (
    select
        measured.*,
        coalesce(source_thefts.amount, 0)::hugeint as theft_by_source_amount,
        measured.theft_amount + measured.converted_in_amount - measured.converted_out_amount as stolen_amount,
        assets.asset_symbol,
        assets.asset_decimals,
        assets.scale,
        prices.price_usd,
        prices.price_day
    from measured
    left join source_thefts
        on
            measured.incident_id = source_thefts.incident_id
            and measured.method = source_thefts.method
            and measured.day = source_thefts.day
            and measured.chain = source_thefts.chain
            and measured.asset = source_thefts.asset
    left join assets
        on
            measured.chain = assets.chain
            and measured.asset = assets.asset
    left join prices
        on
            measured.chain = prices.chain
            and measured.asset = prices.asset
            and measured.day = prices.day
),

valued as (
    select
        *,
        -- From the amount itself, never by adding up its parts: so that comparing the two proves something.
        {{ usd('stolen_amount', 'scale', 'price_usd') }} as stolen_usd_now,
        {{ usd('unseen_inflow_amount', 'scale', 'price_usd') }} as unseen_inflow_usd_now
    from priced
),

final as (
    select
        *,
        stolen_amount = parts_amount as is_conserved,
        case
            when scale is null then 'no_decimals'
            when price_usd is null then 'no_price'
            when stolen_usd_now is null then 'out_of_range'
            else 'valued'
        end as usd_status
    from valued
)

select * from final
