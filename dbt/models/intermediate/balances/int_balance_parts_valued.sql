with

balances as (
    select * from {{ ref('int_balances_valued') }}
),

balance_parts as (
    select * from {{ ref('balance_parts') }}
),

totals as (
    select * from {{ ref('stg_trace__totals') }}
),

split as (
    select
        balances.*,
        balance_parts.part,
        balance_parts.part_order,
        coalesce(totals.amount, 0)::hugeint as amount
    from balances
    cross join balance_parts
    left join totals
        on
            balances.incident_id = totals.incident_id
            and balances.method = totals.method
            and balances.day = totals.day
            and balances.chain = totals.chain
            and balances.asset = totals.asset
            and balance_parts.part = totals.measure
),

running as (
    select
        *,
        (
            sum(amount) over (
                partition by incident_id, method, day, chain, asset
                order by part_order
                rows between unbounded preceding and current row
            )
        )::hugeint as running_amount
    from split
),

-- Each part is the growth of the rounded running sum: rounded parts then add up to the rounded whole, to the cent.
valued as (
    select
        *,
        {{ usd('running_amount', 'scale', 'price_usd') }} as running_usd,
        {{ usd('running_amount - amount', 'scale', 'price_usd') }} as running_usd_before
    from running
),

final as (
    select
        *,
        (running_usd - running_usd_before)::decimal(38, 2) as usd_now
    from valued
    where
        amount != 0
        -- One part is always there, so that a whole without parts shows.
        or part = 'held'
)

select * from final
