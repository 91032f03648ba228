//! The tables of `migrations/`, for diesel: the same for both databases.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! { register_head (id) {
    id -> Integer, version -> BigInt, hash -> Binary, recorded_at -> Timestamp,
    instance_id -> Text, purpose -> Text, contribution_no -> Integer,
    closed_day -> Nullable<Date>, clock_seen -> Nullable<Timestamp>, format_no -> Integer,
} }

table! { partners (code) {
    code -> Text, name -> Text, kind -> Nullable<Text>, vcca_role -> Nullable<Text>, listed -> Bool,
    sandbox -> Bool, suspended_at -> Nullable<Timestamp>, created_at -> Timestamp,
    daily_installations -> Nullable<Integer>, quota_until -> Nullable<Date>,
} }

table! { clients (client_id) {
    client_id -> Text, name -> Text, role -> Text, partner -> Nullable<Text>,
    province_code -> Nullable<Text>, created_at -> Timestamp, revoked_at -> Nullable<Timestamp>,
    affiliation -> Nullable<Text>,
} }

table! { client_secrets (client_id, hash) {
    client_id -> Text, hash -> Text, created_at -> Timestamp, expires_at -> Nullable<Timestamp>,
} }

table! { projects (code) {
    code -> Text, name_vi -> Text, name_en -> Text, funder -> Nullable<Text>, created_at -> Timestamp,
} }

table! { signing_keys (kid) { kid -> Text, public_key -> Text, not_after -> Timestamp, } }

table! { sites (id) {
    id -> Text, partner -> Text, kind -> Text, province_code -> Text,
    former_province_code -> Nullable<Text>, commune_code -> Nullable<Text>,
    low_income -> Nullable<Bool>, remote -> Nullable<Bool>, woman_headed -> Nullable<Bool>,
    place_version -> Integer, superseded_by -> Nullable<Text>, revision -> Integer, version -> BigInt,
} }

table! { site_refs (partner, external_id) { partner -> Text, external_id -> Text, site -> Text, version -> BigInt, } }

table! { site_private (site) {
    site -> Text, address -> Nullable<Text>, grid_customer_code -> Nullable<Text>,
    lat_microdeg -> Nullable<Integer>, lon_microdeg -> Nullable<Integer>,
    consent_on -> Nullable<Date>, consent_text_version -> Nullable<Integer>,
    consent_withdrawn_on -> Nullable<Date>,
} }

table! { installations (id) {
    id -> Text, site -> Text, partner -> Text, sandbox -> Bool, external_id -> Text,
    project -> Nullable<Text>, installed_on -> Nullable<Date>, status -> Text,
    evidence_tier -> Nullable<Text>, reported_at -> Timestamp, verified_at -> Nullable<Timestamp>,
    decommissioned_on -> Nullable<Date>, cost_vnd -> Nullable<BigInt>, support_vnd -> Nullable<BigInt>,
    finance -> Nullable<Text>, system_owner -> Nullable<Text>, power_use -> Nullable<Text>,
    attributes_sold -> Nullable<Text>, registered_version -> BigInt, revision -> Integer,
    version -> BigInt, province_code -> Text, set_aside -> Bool,
} }

table! { installation_measures (installation, measure) {
    installation -> Text, measure -> Integer, quantity -> BigInt, inverter_w -> Nullable<BigInt>,
} }

table! { entries (version) {
    version -> BigInt, recorded_at -> Timestamp, actor -> Text, action -> Text, cause -> Text,
    subject -> Text, digest -> Binary, journal_digest -> Binary, previous -> Binary, hash -> Binary,
    public_version -> Nullable<BigInt>,
} }

table! { entry_facts (version) {
    version -> BigInt, salt -> Nullable<Binary>, facts -> Text, note -> Nullable<Text>,
} }

table! { journal (version, seq) {
    version -> BigInt, seq -> Integer, recorded_on -> Date, cause -> Text, cell -> BigInt, deltas -> Text,
} }

table! { cells (cell) { cell -> BigInt, totals -> Text, } }

table! { cells_checkpoint (id) { id -> Integer, version -> BigInt, } }

table! { days (day) {
    day -> Date, version -> BigInt, hash -> Binary, verified_sites -> BigInt, body -> Text,
    publisher -> Text, changes -> Text,
} }

table! { points (number) {
    number -> Integer, day -> Date, version -> BigInt, hash -> Binary, cells_version -> BigInt,
    methodology -> Integer, national -> Text, by_cause -> Text, gathered -> Text, is_void -> Bool,
} }

table! { point_pages (point, name) { point -> Integer, name -> Text, body -> Binary, } }

table! { waiting (place) {
    place -> Integer, partition -> Text, site -> Text, cell -> BigInt, cause -> Nullable<Text>,
    totals -> Text, depth -> Integer, new_to -> Integer, stays -> Text,
} }

table! { published_groups (place) {
    place -> Integer, partition -> Text, strand -> BigInt, path -> Text, moved_at -> Nullable<Integer>, earlier -> Text,
    shown -> Text, sizes -> Text,
} }

table! { releases (day) {
    day -> Date, version -> BigInt, entry -> BigInt, published_at -> Timestamp, sha256 -> Binary,
    public_url -> Text, publisher -> Text, body -> Text,
} }

table! { voided (day, is_release, entry) {
    day -> Date, is_release -> Bool, entry -> BigInt, sha256 -> Binary,
} }

table! { idempotency_keys (client_id, key) {
    client_id -> Text, key -> Text, request_digest -> Binary,
    response -> Nullable<Text>, created_at -> Timestamp,
} }

table! { householder_codes (hash) { hash -> Binary, site -> Text, issued_at -> Timestamp, } }

table! { disputes (id) {
    id -> BigInt, site -> Text, installation -> Nullable<Text>, reason -> Text, opened_at -> Timestamp,
    closed_at -> Nullable<Timestamp>, closed_version -> Nullable<BigInt>, outcome -> Nullable<Text>,
} }
table! { audits (at) { at -> Timestamp, version -> BigInt, ok -> Bool, findings -> BigInt, } }

table! { backups (at) { at -> Timestamp, version -> BigInt, } }

joinable!(installations -> sites (site));
allow_tables_to_appear_in_same_query!(entries, entry_facts);
allow_tables_to_appear_in_same_query!(installations, sites);
allow_tables_to_appear_in_same_query!(site_private, sites);
allow_tables_to_appear_in_same_query!(installation_measures, installations);
allow_tables_to_appear_in_same_query!(installation_measures, sites);
