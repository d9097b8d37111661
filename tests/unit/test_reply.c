/* What an FTP server's replies mean. */

#include "lib/test.h"

#include <string.h>

#include "net/reply.h"

static void a_reply_says_what_to_do(void **state)
{
	static const struct {
		const char *reply;
		enum bk_kind kind;
	} cases[] = {
		{"421 Timeout",					   BK_BUSY  },
		{"425 Cannot open data connection",                       BK_LOST  },
		{"426 Transfer aborted",                                  BK_LOST  },
		{"450 Locked",					    BK_BUSY  },
		{"451 Local error",				       BK_BUSY  },
		{"452 Full",					      BK_FULL  },
		{"552 Too large",					 BK_FULL  },
		{"530 Login incorrect.",                                  BK_DENIED},
		{"550 x: Permission denied",                              BK_GONE  },
		{"553 Could not create file.",                            BK_DENIED},
		{"500 What?",					     BK_MISUSE},
		{"599 Who knows",					 BK_FAILED},
		{"",						      BK_FAILED},
		{"451 x: No space left on device",                        BK_FULL  },
		{"550 Disk quota exceeded",                               BK_FULL  },
		{"530 Sorry, the maximum number of clients "
		 "for this user are already connected.", BK_BUSY  },
		{"530 Too many connections from this address",            BK_BUSY  },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (bk_reply_kind(cases[i].reply) != cases[i].kind)
			fail_msg("%s", cases[i].reply);
}

static void assert_last(const char *said, const char *want)
{
	struct bk_view view = {(const uint8_t *)said, strlen(said)};
	char last[BK_REPLY_TEXT];

	bk_reply_last(last, view);
	assert_string_equal(last, want);
}

static void the_last_reply_is_found(void **state)
{
	(void)state;
	assert_last("", "");
	assert_last("220 Hello\r\n331 Password\r\n", "331 Password");
	assert_last("211-Features:\r\n MDTM\r\n211 End\r\n", "211 End");
	/* What libcurl adds of its own, and what no server ended. */
	assert_last("213 10\r\nContent-Length: 10\r\n", "213 10");
	assert_last("220 A\n230-Welcome\n230 lines to come\n 999 no\n",
		    "230 lines to come");
	assert_last("226 Done", "226 Done");
	assert_last("226\r\n", "226");
	assert_last("220-\r\n2201 is no code\r\n", "");
	assert_last("550 a\x1b[2J\x07z\xc3\xa9\r\n", "550 a?[2J?z??");
}

static void a_long_reply_is_cut(void **state)
{
	char said[1000], last[BK_REPLY_TEXT];

	(void)state;
	memset(said, 'x', sizeof(said));
	memcpy(said, "550 ", 4);
	bk_reply_last(last,
		      (struct bk_view){(const uint8_t *)said, sizeof(said)});
	assert_int_equal(strlen(last), BK_REPLY_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_says_what_to_do),
		cmocka_unit_test(the_last_reply_is_found),
		cmocka_unit_test(a_long_reply_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
