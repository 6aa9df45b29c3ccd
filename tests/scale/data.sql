-- Filled in by data.py. What is asked for each number n is plain arithmetic: the same data each time.

INSERT INTO accounts_user (id, password, is_superuser, email, is_staff, is_active, date_joined,
                           username, username_key, display_name, sign_in_epoch)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {users})
SELECT {first} + n, '!', {false}, '', {false}, {true}, {now}, 'person' || n, 'person' || n, '', 0
FROM numbers;

INSERT INTO chat_room (id, name, identity, slug, kind, topic, tick, posted, created_at)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rooms})
SELECT {first} + n, 'Room ' || {padded}, 'room ' || {padded}, 'room-' || {padded},
       CASE WHEN n % 10 = 7 THEN 'private' ELSE 'public' END, '', 0, 0, {now}
FROM numbers;

INSERT INTO chat_message (id, room_id, seq, number, tick, sender_id, text, mentions, kind, client_id,
                          digest, created_at, deleted_at, change)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {messages}),
placed AS (
    SELECT n, n % 1000 = 999 AS is_deleted, n % 1000 = 999 OR n % 50 = 3 AS is_touched,
           CASE n % 10
               WHEN 0 THEN 1
               WHEN 1 THEN {own} + 1 + (n / 10) % ({rooms} - {own})
               ELSE 2 + (n / 10 * 8 + n % 10) % ({own} - 1)
           END AS room
    FROM numbers
),
counted AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY room ORDER BY n) AS seq,
           COUNT(*) OVER (PARTITION BY room) AS total
    FROM placed
)
SELECT {first} + n, {first} + room, seq, seq,
       CASE WHEN is_touched THEN total + ROW_NUMBER() OVER (PARTITION BY room, is_touched ORDER BY n)
            ELSE seq END,
       {first} + 1 + (n % {users} * {step}) % {users},
       CASE WHEN is_deleted THEN '' ELSE 'This is what was said as number ' || n END,
       {json}, 'text', {uuid}, {digest}, {now},
       CASE WHEN is_deleted THEN {now} END,
       CASE WHEN is_deleted THEN 'message.deleted' WHEN is_touched THEN 'reaction.added'
            ELSE 'message.posted' END
FROM counted;

UPDATE chat_room SET
    tick = COALESCE((SELECT MAX(tick) FROM chat_message WHERE room_id = chat_room.id), 0),
    posted = COALESCE((SELECT MAX(number) FROM chat_message WHERE room_id = chat_room.id), 0);

INSERT INTO chat_reaction (message_id, user_id, emoji)
SELECT id, {first} + 1 + id % {users}, '+1' FROM chat_message WHERE change = 'reaction.added';

INSERT INTO chat_mention (message_id, user_id, room_id, seq)
SELECT id, {first} + 2 + id % ({users} - 1), room_id, seq FROM chat_message
WHERE id % 20 = 5 AND deleted_at IS NULL;

INSERT INTO chat_membership (room_id, user_id, role, standing, read, joined_at)
SELECT id, {first} + 1, 'member', 'belongs', 0, {now} FROM chat_room
WHERE id BETWEEN {first} + 1 AND {first} + {own};

INSERT INTO chat_membership (room_id, user_id, role, standing, read, joined_at)
SELECT {first} + 1, id, 'member', 'belongs', 5, {now} FROM accounts_user
WHERE id > {first} + 1;

INSERT INTO chat_membership (room_id, user_id, role, standing, read, joined_at)
SELECT {first} + 2 + id % ({rooms} - 1), id, 'member', 'belongs', 5, {now} FROM accounts_user
WHERE id > {first} + 1;

INSERT INTO django_session (session_key, session_data, expire_date)
SELECT 'session' || id, '', {later} FROM accounts_user WHERE id >= {first};

INSERT INTO accounts_sessionrenewal (old_key_digest, new_key, renewed_at)
SELECT 'digest' || id, 'session' || id, {now} FROM accounts_user WHERE id >= {first};

INSERT INTO chat_messagewords (rowid, {words_columns})
SELECT id, {words} FROM chat_message WHERE deleted_at IS NULL;
