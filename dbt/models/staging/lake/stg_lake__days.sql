with

source as (
    select * from {{ source('lake', 'days') }}
),

final as (
    select day
    from source
)

select * from final
