"""The tables of internal databases, as Prisma would make them; no Django here, benchmarks use them too."""

from __future__ import annotations

PRISMA_TABLES = """
CREATE TYPE "ClientStatus" AS ENUM ('ACTIVE', 'INACTIVE', 'PROSPECT', 'CHURNED');
CREATE TABLE "Category" (id text PRIMARY KEY, name text NOT NULL UNIQUE, sector text NOT NULL);
CREATE TABLE "Client" (
    id text PRIMARY KEY, name text NOT NULL, email text, phone text, city text, "postalCode" text,
    latitude double precision, longitude double precision, status "ClientStatus" NOT NULL DEFAULT 'ACTIVE',
    "accountManager" text, "categoryId" text REFERENCES "Category"(id),
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" timestamp(3) NOT NULL
);
CREATE TABLE "Followers" (
    id text PRIMARY KEY, "clientId" text NOT NULL UNIQUE REFERENCES "Client"(id),
    facebook integer, instagram integer, linkedin integer, tiktok integer, youtube integer,
    "updatedAt" timestamp(3) NOT NULL
);
CREATE TABLE "Turnover" (
    id text PRIMARY KEY, "clientId" text NOT NULL REFERENCES "Client"(id), year integer NOT NULL,
    amount numeric(65,30) NOT NULL, UNIQUE ("clientId", year)
);
CREATE TABLE "_prisma_migrations" (
    id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
    migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0
);
INSERT INTO "_prisma_migrations" VALUES ('1', repeat('a', 64), now(), '20250301101500_init', NULL, NULL, now(), 1);
INSERT INTO "Category" VALUES ('k1', 'Boulangerie', 'Commerce de proximité'), ('k2', 'Restaurant', 'Restauration');
"""
LONG_TABLES = """
CREATE TYPE "ClientStatus" AS ENUM ('ACTIVE', 'INACTIVE', 'PROSPECT', 'CHURNED');
CREATE TYPE "Platform" AS ENUM ('FACEBOOK', 'INSTAGRAM', 'LINKEDIN', 'TIKTOK', 'YOUTUBE');
CREATE TABLE "Category" (id uuid PRIMARY KEY, name text NOT NULL UNIQUE, sector text NOT NULL);
CREATE TABLE "Client" (
    id uuid PRIMARY KEY, name text NOT NULL, email text, phone text, city text, "postalCode" text,
    latitude double precision, longitude double precision, status "ClientStatus" NOT NULL DEFAULT 'ACTIVE',
    "accountManager" text, "categoryId" uuid REFERENCES "Category"(id), "createdAt" timestamp(3) NOT NULL,
    "updatedAt" timestamp(3) NOT NULL, "deletedAt" timestamp(3)
);
CREATE TABLE "FollowerReading" (
    id serial PRIMARY KEY, "clientId" uuid NOT NULL REFERENCES "Client"(id), platform "Platform" NOT NULL,
    count integer, "measuredAt" timestamp(3) NOT NULL
);
CREATE TABLE "Turnover" (
    id uuid PRIMARY KEY, "clientId" uuid NOT NULL REFERENCES "Client"(id), year integer NOT NULL,
    amount numeric(65,30) NOT NULL, UNIQUE ("clientId", year)
);
"""
FLAT_TABLES = """
CREATE TABLE clients (
    id integer PRIMARY KEY, name text NOT NULL, email text, phone text, address text, city text, postal_code text,
    latitude double precision, longitude double precision, is_active boolean NOT NULL DEFAULT true,
    website text, account_manager text, category text, sector text,
    followers_facebook integer, followers_instagram integer, followers_linkedin integer, followers_tiktok integer,
    followers_youtube integer, turnover double precision, turnover_year integer,
    created_at timestamp(3) NOT NULL DEFAULT '2025-01-15', updated_at timestamp(3) NOT NULL DEFAULT '2026-06-01',
    deleted_at timestamp(3)
);
"""
