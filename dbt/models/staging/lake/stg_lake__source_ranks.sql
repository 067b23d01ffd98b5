with

source as (
    select * from {{ source('lake', 'source_ranks') }}
),

final as (
    select
        source,
        source_rank
    from source
)

select * from final
