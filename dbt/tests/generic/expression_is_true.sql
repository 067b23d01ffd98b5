{% test expression_is_true(model, expression, where_true='true') %}
{#- Rows for which the expression is false or unknown. -#}
    select *
    from {{ model }}
    where ({{ where_true }}) and ({{ expression }}) is distinct from true
{% endtest %}
