with

source as (
    select * from {{ source('lake', 'labels') }}
),

ranks as (
    select * from {{ source('lake', 'source_ranks') }}
),

final as (
    select distinct
        source.chain,
        source.address,
        source.entity,
        source.category,
        source.confidence,
        source.incident_id,
        source.valid_from,
        source.valid_to,
        source.source as label_source,
        coalesce(ranks.source_rank, 1000000) as label_source_rank
    from source
    left join ranks on source.source = ranks.source
)

select * from final
