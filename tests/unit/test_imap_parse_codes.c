/* Why servers refuse and for how long, and what they can do. */

#include "lib/imap_words.h"

#include "imap/capability.h"
#include "imap/respcode.h"

static enum bk_imap_code code_of(const char *line)
{
	struct bk_imap_response got = response(line);

	return bk_imap_parse_code(got.code, got.text);
}

static void refusals_are_understood(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		enum bk_imap_code code;
	} cases[] = {
		/* Dovecot */
		{"a NO [TRYCREATE] Mailbox doesn't exist: x (0.001 secs).", BK_IMAP_CODE_TRYCREATE},
		{"a NO [NONEXISTENT] Mailbox doesn't exist: x", BK_IMAP_CODE_NONEXISTENT},
		{"a NO [ALREADYEXISTS] Mailbox already exists", BK_IMAP_CODE_ALREADYEXISTS},
		{"a NO [OVERQUOTA] Quota exceeded (mailbox for user is full)", BK_IMAP_CODE_OVERQUOTA},
		{"a NO [INUSE] Timeout while waiting for lock", BK_IMAP_CODE_INUSE},
		{"a NO [SERVERBUG] Internal error occurred.", BK_IMAP_CODE_SERVERBUG},
		{"a NO [NOPERM] Permission denied", BK_IMAP_CODE_NOPERM},
		{"a NO [CANNOT] Character not allowed in mailbox name: '/'", BK_IMAP_CODE_CANNOT},
		{"a NO [LIMIT] Too many flags", BK_IMAP_CODE_LIMIT},
		{"a NO [EXPUNGEISSUED] Some messages were already expunged.", BK_IMAP_CODE_EXPUNGEISSUED},
		{"a NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
		 BK_IMAP_CODE_UNAVAILABLE},
		{"a NO [AUTHENTICATIONFAILED] Authentication failed.", BK_IMAP_CODE_AUTH},
		/* Cyrus */
		{"a NO Mailbox does not exist", BK_IMAP_CODE_NONEXISTENT},
		{"a NO Mailbox already exists", BK_IMAP_CODE_ALREADYEXISTS},
		{"a NO Permission denied", BK_IMAP_CODE_NOPERM},
		{"a NO Over quota", BK_IMAP_CODE_OVERQUOTA},
		{"a NO Mailbox is locked by POP server", BK_IMAP_CODE_INUSE},
		{"a NO Message too large", BK_IMAP_CODE_TOOBIG},
		/* Exchange, Office 365 */
		{"a NO Request is throttled. Suggested Backoff Time: 299923 milliseconds",
		 BK_IMAP_CODE_THROTTLED},
		{"a BAD Request is throttled. Suggested Backoff Time: 1 milliseconds",
		 BK_IMAP_CODE_THROTTLED},
		{"a BAD User is authenticated but not connected.", BK_IMAP_CODE_UNAVAILABLE},
		{"a NO Server Unavailable. 15", BK_IMAP_CODE_UNAVAILABLE},
		{"a NO [THROTTLED] slow down", BK_IMAP_CODE_THROTTLED},
		/* Gmail */
		{"* BYE [OVERQUOTA] Account exceeded command or bandwidth limits. x1mb",
		 BK_IMAP_CODE_THROTTLED},
		{"a NO [OVERQUOTA] Out of space", BK_IMAP_CODE_OVERQUOTA},
		{"a NO [ALERT] Too many simultaneous connections. (Failure)", BK_IMAP_CODE_LIMIT},
		{"a NO [NONEXISTENT] Unknown Mailbox: x (Failure)", BK_IMAP_CODE_NONEXISTENT},
		{"a NO [ALREADYEXISTS] Duplicate folder name x (Failure)", BK_IMAP_CODE_ALREADYEXISTS},
		{"a BAD [TOOBIG] Message too large. (Failure)", BK_IMAP_CODE_TOOBIG},
		/* Others */
		{"a NO [UNAVAILABLE] FETCH Backend error sc=1", BK_IMAP_CODE_UNAVAILABLE},
		{"a NO temporary failure, please TRY AGAIN later", BK_IMAP_CODE_UNAVAILABLE},
		{"a NO [CORRUPTION] Cannot open mailbox", BK_IMAP_CODE_SERVERBUG},
		{"a NO [nonexistent] x", BK_IMAP_CODE_NONEXISTENT},
		{"a NO [X-OTHER 5] x", BK_IMAP_CODE_NONE},
		{"a NO [LIMITED] x", BK_IMAP_CODE_NONE},
		{"a NO", BK_IMAP_CODE_NONE},
		{"a NO invalid flag", BK_IMAP_CODE_NONE},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (code_of(cases[i].line) != cases[i].code)
			fail_msg("%s: %d", cases[i].line,
				 code_of(cases[i].line));
}

static void waits_are_what_the_text_asks_for(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{"Request is throttled. Suggested Backoff Time: 299923 milliseconds", 299923},
		{"Suggested Backoff Time: 0 milliseconds", 0},
		{"try again in 30 seconds", 30000},
		{"Try again in 5 minutes (user 17)", 300000},
		{"user 17 must wait 2 min", 120000},
		{"retry after 250ms", 250},
		{"retry after 10sec", 10000},
		{"retry after 1 hour", BK_IMAP_WAIT_MAX_MS},
		{"retry after 3 hours", BK_IMAP_WAIT_MAX_MS},
		{"retry after 99999999999999 seconds", BK_IMAP_WAIT_MAX_MS},
		{"retry after 99999999999999999999 seconds", 0},
		{"try again later", 0},
		{"try again in 30", 0},
		{"try again in 30 ways", 0},
		{"Fetch completed (0.001 + 30 secs)", 0},
		{"", 0},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(bk_imap_parse_wait(words(cases[i].text)),
				 cases[i].ms);
}

/* ---- capabilities ---- */

static uint32_t caps_of(const char *text, uint64_t *append_limit)
{
	struct bk_imap_caps caps = {0};

	bk_imap_parse_caps(words(text), &caps);
	if (append_limit)
		*append_limit = caps.append_limit;
	return caps.has;
}

static void servers_can_what_they_say(void **state)
{
	uint64_t limit;

	(void)state;
	assert_int_equal(
		caps_of("CAPABILITY imap4REV1 x-gm-ext-1 utf8=accept xlist "
			"literal- appendlimit=35651584 OBJECTID "
			"CREATE-SPECIAL-USE",
			&limit),
		BK_IMAP_GMAIL | BK_IMAP_UTF8 | BK_IMAP_XLIST |
			BK_IMAP_LITERAL_MINUS | BK_IMAP_OBJECTID |
			BK_IMAP_CREATE_SPECIAL_USE);
	assert_int_equal(limit, 35651584);
	assert_int_equal(caps_of("IMAP4rev1 SASL-IR LITERAL+ ID ACL METADATA "
				 "QUOTA COMPRESS=DEFLATE MULTIAPPEND",
				 &limit),
			 BK_IMAP_LITERAL_PLUS | BK_IMAP_ID | BK_IMAP_ACL |
				 BK_IMAP_METADATA | BK_IMAP_QUOTA |
				 BK_IMAP_DEFLATE | BK_IMAP_MULTIAPPEND);
	assert_int_equal(limit, 0);
}

static void capabilities_bring_what_they_need(void **state)
{
	(void)state;
	assert_int_equal(caps_of("QRESYNC", NULL),
			 BK_IMAP_QRESYNC | BK_IMAP_CONDSTORE | BK_IMAP_ENABLE);
	assert_true(caps_of("IMAP4rev2", NULL) & BK_IMAP_UIDPLUS);
	/* It would have to be enabled. */
	assert_int_equal(caps_of("IMAP4rev1 IMAP4rev2", NULL), 0);
}

static void what_is_no_capability_is_passed_over(void **state)
{
	uint64_t limit;

	(void)state;
	assert_int_equal(caps_of("", NULL), 0);
	assert_int_equal(caps_of("IDLE METADATA-SERVER QUOTASET ACLX", NULL),
			 0);
	assert_int_equal(caps_of("APPENDLIMIT APPENDLIMIT= APPENDLIMIT=x "
				 "APPENDLIMIT=18446744073709551616",
				 &limit),
			 0);
	assert_int_equal(limit, 0);
}

static void limits_may_be_each_mailboxs_own(void **state)
{
	struct bk_imap_caps caps = {0};

	(void)state;
	bk_imap_parse_caps(words("IMAP4rev1 APPENDLIMIT=7"), &caps);
	assert_false(caps.append_limits);
	bk_imap_parse_caps(words("IMAP4rev1 appendlimit"), &caps);
	assert_true(caps.append_limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refusals_are_understood),
		TEST(waits_are_what_the_text_asks_for),
		TEST(servers_can_what_they_say),
		TEST(capabilities_bring_what_they_need),
		TEST(what_is_no_capability_is_passed_over),
		TEST(limits_may_be_each_mailboxs_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
