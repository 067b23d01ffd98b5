with

source as (
    select * from {{ source('trace', 'flows') }}
),

final as (
    select
        incident_id,
        method,
        hop,
        chain,
        block_number,
        tx_index,
        position,
        block_time at time zone 'UTC' as block_time,
        tx_hash,
        kind,
        from_address,
        to_address,
        asset,
        amount as transfer_amount,
        tainted_amount,
        stolen_amount,
        outcome,
        theft_role,
        label_entity,
        label_source,
        label_confidence,
        converted_asset,
        converted_amount,
        basis,
        order_quality,
        dt::date as flow_date
    from source
)

select * from final
