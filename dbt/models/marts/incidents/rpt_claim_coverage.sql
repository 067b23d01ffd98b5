with

documents as (
    select * from {{ ref('stg_lake__documents') }}
),

claims as (
    select * from {{ ref('int_claims_enriched') }}
),

sentences as (
    select * from {{ ref('stg_lake__sentences_for_review') }}
),

quarantine as (
    select * from {{ ref('stg_lake__quarantine') }}
),

of_documents as (
    select
        source,
        count(distinct document_id)::integer as documents_count,
        count(*)::integer as versions_count,
        max(published_date) as newest_published_date
    from documents
    group by source
),

of_claims as (
    select
        source,
        count(*)::integer as claims_count,
        (count(*) filter (where incident_id is not null))::integer as matched_count,
        (count(*) filter (where incident_id is null))::integer as unmatched_count,
        (count(*) filter (where withdrawn_in_version is not null))::integer as withdrawn_count
    from claims
    group by source
),

of_sentences as (
    select
        documents.source,
        count(*)::integer as review_count
    from sentences
    inner join documents
        on
            sentences.document_id = documents.document_id
            and sentences.document_version = documents.document_version
    group by documents.source
),

-- A snapshot turns the same record away on every day.
turned_away as (
    select distinct
        source,
        table_name,
        part,
        row_number,
        reason,
        sample
    from quarantine
    where table_name in ('reports', 'claims')
),

of_turned_away as (
    select
        source,
        (count(*) filter (where table_name = 'reports'))::integer as documents_quarantined_count,
        (count(*) filter (where table_name = 'claims'))::integer as claims_quarantined_count
    from turned_away
    group by source
),

sources as (
    select source from of_documents
    union
    select source from of_turned_away
),

final as (
    select
        sources.source,
        coalesce(of_documents.documents_count, 0) as documents_count,
        coalesce(of_documents.versions_count, 0) as versions_count,
        coalesce(of_turned_away.documents_quarantined_count, 0) as documents_quarantined_count,
        coalesce(of_claims.claims_count, 0) as claims_count,
        coalesce(of_claims.matched_count, 0) as matched_count,
        coalesce(of_claims.unmatched_count, 0) as unmatched_count,
        coalesce(of_claims.withdrawn_count, 0) as withdrawn_count,
        coalesce(of_turned_away.claims_quarantined_count, 0) as claims_quarantined_count,
        coalesce(of_sentences.review_count, 0) as review_count,
        of_documents.newest_published_date
    from sources
    left join of_documents on sources.source = of_documents.source
    left join of_claims on sources.source = of_claims.source
    left join of_sentences on sources.source = of_sentences.source
    left join of_turned_away on sources.source = of_turned_away.source
)

select * from final
