/* FTP servers that lie or break off: never a false success. */

#include "lib/test.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/scripted.h"
#include "target/ftp.h"

/* What the server does wrong, and what it saw. */
static struct lies {
	const char *size;      /* reply to SIZE instead of the truth */
	const char *list_end;  /* reply after a listing; NULL: 226; "": none */
	const char *list;      /* the listing */
	const char *store_end; /* reply after what is put; NULL: 226 */
	const char *rest;      /* reply to REST; NULL: 350 */
	bool rename_unheard;   /* renames, and goes without a word */
	bool elsewhere;        /* PASV only, with another host's address */
	size_t short_by;       /* of what is got */
	bool renamed;
	size_t stored;
} server;

static struct scripted listener;
static struct bk_url url;
static struct bk_access access_ = {.allow_cleartext = true, .timeout_s = 2};
static struct bk_target *target;
static struct bk_err err;
static int data_listener = -1;

static void say(int fd, const char *line)
{
	scripted_say(fd, line);
	scripted_say(fd, "\r\n");
}

static bool hear(int fd, char *line, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	while (n && (line[n] == '\n' || line[n] == '\r' || !line[n]))
		line[n--] = 0;
	line[n + 1] = 0;
	return n > 0;
}

static void offer_data(int fd, bool extended)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	char text[80];

	if (data_listener >= 0)
		(void)close(data_listener);
	data_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)bind(data_listener, (struct sockaddr *)&at, len);
	(void)listen(data_listener, 1);
	(void)getsockname(data_listener, (struct sockaddr *)&at, &len);
	unsigned port = ntohs(at.sin_port);
	if (extended)
		(void)snprintf(text, sizeof(text), "229 There (|||%u|)", port);
	else
		(void)snprintf(text, sizeof(text), "227 There (10,1,2,3,%u,%u)",
			       port >> 8, port & 0xff);
	say(fd, text);
}

static void move_data(int fd, const char *line)
{
	say(fd, "150 Here");
	int data = accept(data_listener, NULL, NULL);
	const char *end = "226 Done";

	if (strncmp(line, "STOR", 4) == 0) {
		server.stored = scripted_swallow(data, SIZE_MAX);
		end = server.store_end ? server.store_end : end;
	} else if (strncmp(line, "RETR", 4) == 0) {
		for (size_t i = server.short_by; i < server.stored; i++)
			scripted_say(data, "x");
	} else {
		scripted_say(data, server.list ? server.list : "");
		end = server.list_end ? server.list_end : end;
	}
	(void)close(data);
	if (*end)
		say(fd, end);
	else
		(void)shutdown(fd, SHUT_RDWR);
}

static void tell_size(int fd)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "213 %zu", server.stored);
	say(fd, server.size ? server.size : text);
}

static void rename_it(int fd)
{
	server.renamed = true;
	if (server.rename_unheard)
		(void)shutdown(fd, SHUT_RDWR);
	else
		say(fd, "250 Renamed");
}

static const struct {
	const char *command, *reply;
} replies[] = {
	{"USER", "331 Password"			       },
	{"PASS", "230 In"				     },
	{"PWD",  "257 \"/\" is it"                            },
	{"TYPE", "200 Yes"				    },
	{"CWD",  "250 There"				  },
	{"MKD",  "550 Is there"			       },
	{"RNFR", "350 To what?"			       },
	{"DELE", "250 Gone"				   },
	{"QUIT", "221 Bye"				    },
	{"FEAT", "211-These:\r\n MLST type*;size*;\r\n211 End"},
};

static void answer(int fd, const char *line)
{
	if (strncmp(line, "EPSV", 4) == 0 && !server.elsewhere)
		offer_data(fd, true);
	else if (strncmp(line, "PASV", 4) == 0)
		offer_data(fd, false);
	else if (strncmp(line, "STOR", 4) == 0 ||
		 strncmp(line, "RETR", 4) == 0 || strncmp(line, "MLSD", 4) == 0)
		move_data(fd, line);
	else if (strncmp(line, "REST", 4) == 0)
		say(fd, server.rest ? server.rest : "350 From there");
	else if (strncmp(line, "SIZE", 4) == 0)
		tell_size(fd);
	else if (strncmp(line, "RNTO", 4) == 0)
		rename_it(fd);
	else
		say(fd, "500 What?");
}

static void serve(int fd, unsigned number)
{
	char line[500];

	(void)number;
	say(fd, "220 Hello");
	while (hear(fd, line, sizeof(line))) {
		size_t i, n = sizeof(replies) / sizeof(replies[0]);
		for (i = 0; i < n; i++)
			if (strncmp(line, replies[i].command,
				    strlen(replies[i].command)) == 0)
				break;
		if (i < n)
			say(fd, replies[i].reply);
		else
			answer(fd, line);
	}
}

static int start(void **state)
{
	char text[80];

	(void)state;
	server = (struct lies){0};
	err = (struct bk_err){0};
	scripted_start(&listener, serve);
	(void)snprintf(text, sizeof(text), "ftp://127.0.0.1:%u/r",
		       (unsigned)listener.port);
	assert_int_equal(bk_url_parse(&url, text, &err), 0);
	if (bk_ftp_open(&target, &url, &access_, false, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_target_close(target);
	scripted_stop(&listener);
	bk_url_clear(&url);
	return 0;
}

static int put(void)
{
	return bk_target_put(target, "keys/a.bkk",
			     (struct bk_view){(const uint8_t *)"xxxxx", 5},
			     &err);
}

static void assert_lost(int rc, const char *text)
{
	assert_int_equal(rc, -1);
	if (err.kind != BK_LOST || !strstr(err.text, text))
		fail_msg("%d %s", (int)err.kind, err.text);
}

static void an_honest_server_is_believed(void **state)
{
	struct bk_blob_list list = {0};
	struct bk_buf got = {0};

	(void)state;
	server.list = "type=file;size=5; bkrepo\r\n";
	assert_int_equal(put(), 0);
	assert_true(server.renamed);
	assert_int_equal(bk_target_list(target, "", &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(bk_target_read(target, "a", 0, 5, &got, &err), 0);
	assert_int_equal(got.len, 5);
	bk_buf_clear(&got);
	bk_blob_list_clear(&list);
}

static void a_wrong_size_is_no_blob(void **state)
{
	(void)state;
	server.size = "213 4";
	assert_lost(put(), "5 bytes were sent, and the server has 4");
	assert_false(server.renamed);
	err = (struct bk_err){0};
	server.size = "213 five";
	assert_int_equal(put(), -1);
	assert_int_equal(err.kind, BK_FAILED);
	assert_false(server.renamed);
}

static void a_rename_whose_reply_is_lost_is_looked_at(void **state)
{
	(void)state;
	server.rename_unheard = true;
	if (put() < 0)
		fail_msg("%s", err.text);
	assert_true(server.renamed);
}

static void what_is_not_taken_is_not_missing(void **state)
{
	(void)state;
	server.store_end = "550 Permission denied";
	assert_int_equal(put(), -1);
	if (err.kind != BK_DENIED ||
	    !strstr(err.text, "550 Permission denied\"; may this login write"))
		fail_msg("%d %s", (int)err.kind, err.text);
	assert_false(server.renamed);
}

static void a_listing_without_its_end_is_none(void **state)
{
	static const struct {
		const char *list, *end;
		enum bk_kind kind;
	} cases[] = {
		{"type=file;size=5; a.x\r\n",    "",           BK_LOST   },
		{"type=file;size=5; a.x\r\n",    "426 Broken", BK_LOST   },
		{"type=file;size=5; a.x\r\n",    "451 Local",  BK_BUSY   },
		{"type=file;size=5; a.x\r\ntyp", NULL,         BK_LOST   },
		{"",			     "",           BK_LOST   },
		{"",			     "450 None",   BK_BUSY   },
		{"type=file; a.x\r\n",           NULL,         BK_FAILED },
		{"<html>Log in</html>\r\n",      NULL,         BK_FAILED },
		{"type=file;size=5; ../x\r\n",   NULL,         BK_CORRUPT},
	};
	struct bk_blob_list list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = (struct bk_err){0};
		server.list = cases[i].list;
		server.list_end = cases[i].end;
		assert_int_equal(bk_target_list(target, "", &list, &err), -1);
		assert_int_equal(list.n, 0);
		if (err.kind != cases[i].kind)
			fail_msg("%zu: %d %s", i, (int)err.kind, err.text);
	}
}

static void what_is_short_is_not_the_end(void **state)
{
	struct bk_buf got = {0};

	(void)state;
	server.stored = 100;
	server.short_by = 1;
	assert_lost(bk_target_read(target, "a", 0, 100, &got, &err),
		    "the connection ended before its last byte");
	err = (struct bk_err){0};
	server.size = "213 99";
	assert_int_equal(bk_target_read(target, "a", 0, 100, &got, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_buf_clear(&got);
}

/* A server that cannot begin in the middle would give the begin instead. */
static void what_begins_elsewhere_is_not_got(void **state)
{
	static const char *const said[] = {"500 What?", "502 Never",
					   "451 Not now"};
	struct bk_buf got = {0};

	(void)state;
	server.stored = 100;
	for (size_t i = 0; i < 3; i++) {
		err = (struct bk_err){0};
		server.rest = said[i];
		assert_int_equal(bk_target_read(target, "a", 10, 5, &got, &err),
				 -1);
		assert_int_equal(got.len, 0);
		if (!strstr(err.text, said[i]))
			fail_msg("%d %s", (int)err.kind, err.text);
	}
	bk_buf_clear(&got);
}

static void data_never_go_to_another_host(void **state)
{
	(void)state;
	server.elsewhere = true;
	if (put() < 0)
		fail_msg("%s", err.text);
	assert_int_equal(server.stored, 5);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_honest_server_is_believed),
		CASE(a_wrong_size_is_no_blob),
		CASE(a_rename_whose_reply_is_lost_is_looked_at),
		CASE(what_is_not_taken_is_not_missing),
		CASE(a_listing_without_its_end_is_none),
		CASE(what_is_short_is_not_the_end),
		CASE(what_begins_elsewhere_is_not_got),
		CASE(data_never_go_to_another_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
