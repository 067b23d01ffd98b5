with

balances as (
    select * from {{ ref('int_balances_valued') }}
    where method = '{{ var("status_method") }}'
),

final as (
    select
        incident_id,
        day,
        sum(stolen_usd_now)::decimal(38, 2) as stolen_usd_now,
        sum(unseen_inflow_usd_now)::decimal(38, 2) as unseen_inflow_usd,
        count(*) filter (where theft_amount > 0)::integer as assets_stolen_count,
        count(*) filter (where theft_amount > 0 and usd_status = 'valued')::integer as assets_priced_count,
        count(*) filter (where usd_status = 'out_of_range')::integer as assets_out_of_range_count,
        count(distinct chain)::integer as chains_traced_count,
        string_agg(distinct chain, ',' order by chain) as chains_traced,
        max(price_day) filter (where usd_status = 'valued') as newest_price_day,
        bool_and(is_conserved) as is_conserved
    from balances
    group by incident_id, day
)

select * from final
