{% test unique_combination_of_columns(model, combination_of_columns) %}
{#- Rows of a key that occurs more than once, or that has a part without value: NULL keys hide doubles. -#}
    select
        {{ combination_of_columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ combination_of_columns | join(', ') }}
    having
        count(*) > 1
        or {% for column in combination_of_columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
