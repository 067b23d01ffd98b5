with

source as (
    select * from {{ source('lake', 'assets') }}
),

ranks as (
    select * from {{ source('lake', 'source_ranks') }}
),

final as (
    select
        source.chain,
        source.asset,
        source.symbol as asset_symbol,
        source.decimals as asset_decimals
    from source
    left join ranks on source.source = ranks.source
    qualify
        row_number() over (
            partition by source.chain, source.asset
            order by coalesce(ranks.source_rank, 1000000), source.source, source.decimals, source.symbol
        ) = 1
)

select * from final
