-- A record as schema 1 had it: two runs, one of them done and judged. Tests of migration put it into a database of that
-- schema and read it back through every later one.
INSERT INTO submissions VALUES ('pr-334', 334, 'title', 'author', 'non_record_16mb', 'c0ffee', 49461, '{"claims":[]}');
INSERT INTO pinned VALUES ('abc', 'pr-334', 'demo', 0, 1337, 743825, '{"format":"pgolf.pinned/1"}');
INSERT INTO runs VALUES ('20260321-080000-334-demo-aaaa', 'abc', 'done', '20260321-080000-334-demo-aaaa', '["pgolf","demo"]',
  '2026-03-21T08:00:00.000Z', '2026-03-21T08:10:00.000Z', NULL, NULL, 'boot', 100, 200, '2026-03-21T08:10:00.000Z');
INSERT INTO runs VALUES ('20260321-090000-334-demo-bbbb', 'abc', 'lost', '20260321-090000-334-demo-bbbb', '[]',
  '2026-03-21T09:00:00.000Z', '2026-03-21T09:10:00.000Z', 'lost', 'pgolf ended while training', 'boot', 101, 201,
  '2026-03-21T09:05:00.000Z');
INSERT INTO transitions VALUES ('20260321-080000-334-demo-aaaa', 0, 'queued', '2026-03-21T08:00:00.000Z');
INSERT INTO transitions VALUES ('20260321-080000-334-demo-aaaa', 1, 'done', '2026-03-21T08:10:00.000Z');
INSERT INTO transitions VALUES ('20260321-090000-334-demo-bbbb', 0, 'queued', '2026-03-21T09:00:00.000Z');
INSERT INTO phases VALUES ('20260321-080000-334-demo-aaaa', 'train', 1, '.', '2026-03-21T08:00:01.000Z', 102, 202, 'bubblewrap',
  600000.0, 43000.5, 123456789, 80000.25, 'ok', 0, NULL, NULL, '{"span_ms":{"train":40000.5}}');
INSERT INTO phases VALUES ('20260321-090000-334-demo-bbbb', 'train', 1, '.', '2026-03-21T09:00:01.000Z', 103, 203, 'none',
  NULL, NULL, NULL, NULL, 'lost', NULL, NULL, 'pgolf ended', '{}');
INSERT INTO metrics VALUES ('20260321-080000-334-demo-aaaa', 'val_bpb', 1.2345);
INSERT INTO metrics VALUES ('20260321-080000-334-demo-aaaa', 'steps', 300);
INSERT INTO curves VALUES ('20260321-080000-334-demo-aaaa', 'train_loss', 1, 10.5, 6.9);
INSERT INTO curves VALUES ('20260321-080000-334-demo-aaaa', 'train_loss', 2, NULL, 6.8);
INSERT INTO artifacts VALUES ('20260321-080000-334-demo-aaaa', 'artifact', 'artifact.bin', 35219, 'feed', '{}',
  '2026-03-21T08:05:00.000Z');
INSERT INTO judgements VALUES (7, '20260321-080000-334-demo-aaaa', 'pg-2026-05-02', 'dd', '2026-05-02',
  '2026-03-21T08:10:00.000Z');
INSERT INTO verdicts VALUES (7, 0, 'artifact_size', 'strict', 'pass', '{"observed":84680}');
INSERT INTO verdicts VALUES (7, 1, 'artifact_size', 'practice', 'warn', '{}');
INSERT INTO environment VALUES ('20260321-080000-334-demo-aaaa', 'cpu', 'a processor');
