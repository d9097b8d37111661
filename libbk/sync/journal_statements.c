/* What a move's journal is asked, in SQL: see journal_sql.h. */

#include "sync/journal_sql.h"

#define OF_ACCOUNT " WHERE folder IN (SELECT id FROM folders WHERE account = ?)"

const char *const bk_journal_statements[BK_SQL_COUNT] = {
	[BK_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[BK_SQL_COMMIT] = "COMMIT",
	[BK_SQL_ROLLBACK] = "ROLLBACK",
	[BK_SQL_ACCOUNT_ADD] =
		"INSERT INTO accounts (name) VALUES (?)"
		" ON CONFLICT DO NOTHING",
	[BK_SQL_ACCOUNT_ID] = "SELECT id FROM accounts WHERE name = ?",
	[BK_SQL_ACCOUNT_END] =
		"UPDATE accounts SET ended = ?, passes = passes + 1,"
		" messages = ?, lacking = ? WHERE id = ?",
	[BK_SQL_ACCOUNTS] =
		"SELECT id, name, ended, passes, messages, lacking"
		" FROM accounts ORDER BY name",
	[BK_SQL_ACCOUNT_MESSAGES_DROP] = "DELETE FROM messages" OF_ACCOUNT,
	[BK_SQL_ACCOUNT_BATCHES_DROP] = "DELETE FROM batches" OF_ACCOUNT,
	[BK_SQL_ACCOUNT_FOLDERS_DROP] = "DELETE FROM folders WHERE account = ?",
	[BK_SQL_ACCOUNT_DROP] = "DELETE FROM accounts WHERE id = ?",
	[BK_SQL_FOLDERS] =
		"SELECT id, made, subscribed,"
		" from_name, from_validity, from_next, from_modseq,"
		" from_messages, from_guid, to_name, to_validity, to_next,"
		" to_modseq, to_messages, to_guid"
		" FROM folders WHERE account = ? ORDER BY from_name",
	[BK_SQL_FOLDER_PUT] =
		"INSERT OR REPLACE INTO folders (id, account, made, subscribed,"
		" from_name, from_validity, from_next, from_modseq,"
		" from_messages, from_guid, to_name, to_validity, to_next,"
		" to_modseq, to_messages, to_guid)"
		" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[BK_SQL_FOLDER_DROP] = "DELETE FROM folders WHERE id = ?",
	[BK_SQL_PAIRS] =
		"SELECT id, ours, from_uid, from_name, from_flags,"
		" from_words, to_uid, to_name, to_flags, to_words, sum"
		" FROM messages WHERE folder = ? ORDER BY id",
	[BK_SQL_UIDS_FROM] = "SELECT from_uid FROM messages WHERE folder = ?",
	[BK_SQL_UIDS_TO] = "SELECT to_uid FROM messages WHERE folder = ?",
	[BK_SQL_PAIR_PUT] =
		"INSERT OR REPLACE INTO messages (folder, id, ours, from_uid,"
		" from_name, from_flags, from_words, to_uid, to_name, to_flags,"
		" to_words, sum) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	[BK_SQL_PAIR_DROP] = "DELETE FROM messages WHERE folder = ? AND id = ?",
	[BK_SQL_PAIRS_DROP] = "DELETE FROM messages WHERE folder = ?",
	[BK_SQL_BATCH] =
		"SELECT to_next, messages FROM batches"
		" WHERE folder = ?",
	[BK_SQL_BATCH_PUT] = "INSERT OR REPLACE INTO batches VALUES (?,?,?)",
	[BK_SQL_BATCH_DROP] = "DELETE FROM batches WHERE folder = ?",
	[BK_SQL_RIGHTS] =
		"SELECT folder, who, rights, sent, source"
		" FROM rights" OF_ACCOUNT " ORDER BY folder, who",
	[BK_SQL_RIGHT_PUT] =
		"INSERT INTO rights (folder, who, rights, sent, source)"
		" VALUES (?,?,?,?,?)",
	[BK_SQL_RIGHTS_DROP] = "DELETE FROM rights WHERE folder = ?",
	[BK_SQL_ACCOUNT_RIGHTS_DROP] = "DELETE FROM rights" OF_ACCOUNT,
	[BK_SQL_QUOTA] = "SELECT bytes, messages FROM quotas WHERE account = ?",
	[BK_SQL_QUOTA_PUT] = "INSERT OR REPLACE INTO quotas VALUES (?,?,?)",
	[BK_SQL_QUOTA_DROP] = "DELETE FROM quotas WHERE account = ?",
	[BK_SQL_SCRIPTS] =
		"SELECT name, from_sum, to_sum, active FROM scripts"
		" WHERE account = ? ORDER BY name",
	[BK_SQL_SCRIPT_PUT] =
		"INSERT OR REPLACE INTO scripts VALUES (?,?,?,?,?)",
	[BK_SQL_SCRIPTS_DROP] = "DELETE FROM scripts WHERE account = ?",
	[BK_SQL_ANNOTATIONS] =
		"SELECT name, from_sum, to_sum, active FROM annotations"
		" WHERE account = ? ORDER BY name",
	[BK_SQL_ANNOTATION_PUT] =
		"INSERT OR REPLACE INTO annotations VALUES (?,?,?,?,?)",
	[BK_SQL_ANNOTATIONS_DROP] = "DELETE FROM annotations WHERE account = ?",
};
