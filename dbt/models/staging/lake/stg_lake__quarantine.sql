with

source as (
    select * from {{ source('lake_days', 'quarantine') }}
),

final as (
    select
        dt as day,
        source,
        -- The linter does not know that DuckDB reserves the word.
        "table" as table_name,  -- noqa: RF06
        part,
        row as row_number,
        reason,
        sample
    from source
)

select * from final
