{#- USD of one part over all assets: NULL where nothing has a value, 0.00 where something has and the part is empty. -#}
{% macro part_usd(part) -%}
case
    when count(*) filter (where usd_status = 'valued') > 0
        then coalesce(sum(usd_now) filter (where part = '{{ part }}'), 0)::decimal(38, 2)
end
{%- endmacro %}
