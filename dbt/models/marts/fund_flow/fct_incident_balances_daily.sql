with

parts as (
    select * from {{ ref('int_balance_parts_valued') }}
),

final as (
    select
        incident_id,
        day,
        method,
        chain,
        asset,
        part,
        asset_symbol,
        asset_decimals,
        amount::decimal(38, 0) as amount,
        usd_now,
        stolen_amount::decimal(38, 0) as stolen_amount,
        stolen_usd_now,
        theft_amount::decimal(38, 0) as theft_amount,
        theft_by_source_amount::decimal(38, 0) as theft_by_source_amount,
        converted_in_amount::decimal(38, 0) as converted_in_amount,
        converted_out_amount::decimal(38, 0) as converted_out_amount,
        unseen_inflow_amount::decimal(38, 0) as unseen_inflow_amount,
        price_usd,
        price_day,
        usd_status
    from parts
)

select * from final
