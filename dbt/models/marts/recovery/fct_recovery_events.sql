with

flows as (
    select * from {{ ref('int_flows_valued') }}
    where method = '{{ var("status_method") }}' and outcome = 'victim' and hop > 0
),

recoveries as (
    select * from {{ ref('int_recoveries_valued') }}
),

claims as (
    select * from {{ ref('int_claims_enriched') }}
    where
        claim_type in ('recovered', 'frozen', 'returned', 'seized', 'insured', 'made_whole')
        and incident_id is not null
        and not coalesce(is_part, false)
        and withdrawn_in_version is null
),

observed as (
    select
        left(
            md5(concat_ws('|', 'observed', incident_id, chain, tx_hash, kind, position, asset, from_address)), 16
        ) as recovery_event_id,
        incident_id,
        'return' as event_kind,
        flow_date as event_date,
        'observed' as basis,
        chain,
        to_address as address,
        tx_hash,
        asset,
        asset_symbol,
        asset_decimals,
        tainted_amount as amount,
        tainted_usd as usd,
        null::decimal(9, 4) as share_pct,
        null::varchar as asserted_by,
        null::varchar as hedge_level,
        null::varchar as claim_id,
        tx_hash as evidence,
        true as is_in_traced_scope
    from flows
),

case_files as (
    select
        left(
            md5(
                concat_ws(
                    '|', 'case_file', incident_id, event_kind, event_date, chain, coalesce(address, ''),
                    coalesce(tx_hash, ''), asset, amount, asset_decimals, asserted_by, source_url
                )
            ),
            16
        ) as recovery_event_id,
        incident_id,
        event_kind,
        event_date,
        'case_file' as basis,
        chain,
        address,
        tx_hash,
        asset,
        asset_symbol,
        asset_decimals,
        amount,
        usd,
        null::decimal(9, 4) as share_pct,
        asserted_by,
        null::varchar as hedge_level,
        null::varchar as claim_id,
        coalesce(tx_hash, source_url) as evidence,
        is_in_traced_scope
    from recoveries
),

reported as (
    select
        left(md5(concat_ws('|', 'reported', claim_id)), 16) as recovery_event_id,
        incident_id,
        case claim_type
            when 'recovered' then 'recovery'
            when 'frozen' then 'freeze'
            when 'returned' then 'return'
            when 'seized' then 'seizure'
            when 'insured' then 'insurance'
            else claim_type
        end as event_kind,
        as_of_date as event_date,
        'reported' as basis,
        null::varchar as chain,
        null::varchar as address,
        null::varchar as tx_hash,
        null::varchar as asset,
        case when unit not in ('USD', 'pct') then unit end as asset_symbol,
        null::integer as asset_decimals,
        null::decimal(38, 0) as amount,
        value_usd as usd,
        value_pct as share_pct,
        asserted_by,
        hedge_level,
        claim_id,
        coalesce(url, document_id) as evidence,
        null::boolean as is_in_traced_scope
    from claims
),

final as (
    select * from observed
    union all
    select * from case_files
    union all
    select * from reported
)

select * from final
