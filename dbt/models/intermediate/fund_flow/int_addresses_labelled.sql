with

flows as (
    select * from {{ ref('stg_trace__flows') }}
),

labels as (
    select * from {{ ref('stg_lake__labels') }}
),

addresses as (
    select
        incident_id,
        chain,
        from_address as address,
        flow_date
    from flows
    union
    select
        incident_id,
        chain,
        to_address as address,
        flow_date
    from flows
    where to_address is not null
),

final as (
    select
        addresses.incident_id,
        addresses.chain,
        addresses.address,
        addresses.flow_date,
        labels.entity,
        labels.category,
        labels.label_source,
        labels.confidence as label_confidence
    from addresses
    inner join labels
        on
            addresses.chain = labels.chain
            and addresses.address = labels.address
            -- A victim of one theft may be an exchange to another: such a label speaks of its own incident alone.
            and (
                addresses.incident_id = labels.incident_id
                or (labels.incident_id is null and labels.category != 'victim')
            )
            and (labels.valid_from is null or addresses.flow_date >= labels.valid_from)
            and (labels.valid_to is null or addresses.flow_date <= labels.valid_to)
    qualify
        row_number() over (
            partition by addresses.incident_id, addresses.chain, addresses.address, addresses.flow_date
            order by
                labels.confidence desc,
                labels.label_source_rank asc,
                labels.label_source asc,
                labels.category asc,
                labels.entity asc
        ) = 1
)

select * from final
