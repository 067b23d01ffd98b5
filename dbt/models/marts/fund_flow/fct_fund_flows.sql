with

flows as (
    select * from {{ ref('int_flows_valued') }}
),

labels as (
    select * from {{ ref('int_addresses_labelled') }}
),

final as (
    select
        flows.incident_id,
        flows.method,
        flows.chain,
        flows.tx_hash,
        flows.kind,
        flows.position,
        flows.block_number,
        flows.tx_index,
        flows.block_time,
        flows.flow_date,
        flows.hop,
        flows.from_address,
        flows.to_address,
        senders.entity as from_entity,
        -- Where a label decided what the tracer did, that label is shown: a newer one has not moved the units.
        coalesce(flows.label_entity, receivers.entity) as to_entity,
        case
            when flows.outcome in ('exchange', 'mixer', 'bridge', 'issuer', 'broker', 'victim') then flows.outcome
            else receivers.category
        end as to_category,
        flows.asset,
        flows.asset_symbol,
        flows.asset_decimals,
        flows.transfer_amount,
        flows.tainted_amount,
        flows.stolen_amount,
        flows.tainted_usd,
        flows.price_usd,
        flows.price_day,
        flows.outcome,
        flows.theft_role,
        case when flows.label_entity is null then receivers.label_source else flows.label_source end
            as label_source,
        case when flows.label_entity is null then receivers.label_confidence else flows.label_confidence end
            as label_confidence,
        flows.converted_asset,
        flows.converted_amount,
        flows.basis,
        flows.order_quality
    from flows
    left join labels as senders
        on
            flows.incident_id = senders.incident_id
            and flows.chain = senders.chain
            and flows.from_address = senders.address
            and flows.flow_date = senders.flow_date
    left join labels as receivers
        on
            flows.incident_id = receivers.incident_id
            and flows.chain = receivers.chain
            and flows.to_address = receivers.address
            and flows.flow_date = receivers.flow_date
)

select * from final
