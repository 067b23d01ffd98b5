{%- set columns = {
    'held': 'held_usd',
    'frozen': 'frozen_usd',
    'exchange': 'at_exchanges_usd',
    'broker': 'at_brokers_usd',
    'mixer': 'mixed_usd',
    'bridge': 'bridged_usd',
    'issuer': 'at_issuers_usd',
    'burned': 'burned_usd',
    'victim': 'returned_usd',
    'fee': 'fees_usd',
    'dust': 'dust_usd',
    'unseen_outflow': 'unseen_outflow_usd',
} -%}
with

parts as (
    select * from {{ ref('int_balance_parts_valued') }}
    where method = '{{ var("status_method") }}'
),

-- NULL where nothing has a value, 0.00 where something has and this part is empty.
final as (
    select
        incident_id,
        day,
        {%- for part, column in columns.items() %}
        case
            when count(*) filter (where usd_status = 'valued') > 0
                then coalesce(sum(usd_now) filter (where part = '{{ part }}'), 0)::decimal(38, 2)
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parts
    group by incident_id, day
)

select * from final
