{% test in_set(model, column_name, allowed) %}
{#- Rows whose value is not one of those allowed; NULL is the constraint's matter. -#}
    select *
    from {{ model }}
    where {{ column_name }} not in ({% for value in allowed %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
