with

figures as (
    select * from {{ ref('int_figures_by_method') }}
),

final as (
    select
        incident_id,
        day,
        figure,
        max(usd) filter (where method = '{{ var("status_method") }}') as status_usd,
        min(usd) filter (where method != 'poison') as lowest_usd,
        max(usd) filter (where method != 'poison') as highest_usd,
        arg_min(method, (usd, method)) filter (where method != 'poison') as lowest_method,
        arg_min(method, (-usd, method)) filter (where method != 'poison') as highest_method,
        max(usd) filter (where method = 'fifo') as fifo_usd,
        max(usd) filter (where method = 'lifo') as lifo_usd,
        max(usd) filter (where method = 'haircut') as haircut_usd,
        max(usd) filter (where method = 'dirty_first') as dirty_first_usd,
        max(usd) filter (where method = 'clean_first') as clean_first_usd,
        max(usd) filter (where method = 'poison') as poison_usd,
        count(distinct method)::integer as methods_count
    from figures
    group by incident_id, day, figure
)

select * from final
