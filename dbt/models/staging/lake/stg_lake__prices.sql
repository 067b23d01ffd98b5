with

source as (
    select * from {{ source('lake_days', 'prices') }}
),

ranks as (
    select * from {{ source('lake', 'source_ranks') }}
),

final as (
    select
        source.chain,
        source.asset,
        source.day as price_day,
        source.close_usd as price_usd
    from source
    left join ranks on source.source = ranks.source
    qualify
        row_number() over (
            partition by source.chain, source.asset, source.day
            order by coalesce(ranks.source_rank, 1000000), source.source, source.close_usd
        ) = 1
)

select * from final
