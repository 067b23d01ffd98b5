with

parts as (
    select * from {{ ref('int_balance_parts_valued') }}
    where method = '{{ var("status_method") }}'
),

final as (
    select
        incident_id,
        day,
        {{ part_usd('held') }} as held_usd,
        {{ part_usd('frozen') }} as frozen_usd,
        {{ part_usd('exchange') }} as at_exchanges_usd,
        {{ part_usd('broker') }} as at_brokers_usd,
        {{ part_usd('mixer') }} as mixed_usd,
        {{ part_usd('bridge') }} as bridged_usd,
        {{ part_usd('issuer') }} as at_issuers_usd,
        {{ part_usd('burned') }} as burned_usd,
        {{ part_usd('victim') }} as returned_usd,
        {{ part_usd('fee') }} as fees_usd,
        {{ part_usd('dust') }} as dust_usd,
        {{ part_usd('unseen_outflow') }} as unseen_outflow_usd,
        coalesce(
            string_agg(distinct part, ',' order by part) filter (where amount > 0 and usd_status != 'valued'),
            ''
        ) as parts_unvalued
    from parts
    group by incident_id, day
)

select * from final
