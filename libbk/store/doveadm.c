/* Dovecot's doveadm over HTTP, and which of its two ways is taken: see
 * doveadm.h. */

#include "store/doveadm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "crypto/encode.h"
#include "crypto/secret.h"
#include "net/http.h"
#include "net/link.h"
#include "net/url.h"
#include "store/doveadm_local.h"

#define PATH        "/doveadm/v1"
#define ANSWER_MOST 4096
#define STATUS_MOST ((size_t)1 << 20)  /* bytes */
#define USERS_MOST  ((size_t)64 << 20) /* bytes */
#define DONE        "[[\"doveadmResponse\","
#define FAILED      "[[\"error\","

struct bk_doveadm {
	const char *where;
	struct bk_url url;
	struct bk_link *link;
	struct bk_doveadm_local local;
	bool is_local;
};

int bk_doveadm_open(struct bk_doveadm **out, const char *where,
		    const struct bk_access *access, struct bk_err *err)
{
	struct bk_doveadm *doveadm = bk_alloc(sizeof(*doveadm));

	*out = doveadm;
	doveadm->where = where;
	doveadm->is_local = bk_doveadm_is_command(where);
	doveadm->local = (struct bk_doveadm_local){where, access->timeout_s};
	if (doveadm->is_local)
		return 0;
	if (bk_url_parse(&doveadm->url, where, err) < 0 ||
	    bk_link_open(&doveadm->link, &doveadm->url, access, err) < 0) {
		bk_doveadm_close(doveadm);
		*out = NULL;
		return bk_context(err, "doveadm");
	}
	return 0;
}

void bk_doveadm_close(struct bk_doveadm *doveadm)
{
	if (!doveadm)
		return;
	bk_link_close(doveadm->link);
	bk_url_clear(&doveadm->url);
	free(doveadm);
}

/* ---- asking ---- */

struct answer {
	struct bk_sink sink; /* first */
	struct bk_buf text;
	size_t most;
	const char *wanted; /* what it begins with; NULL: DONE */
};

static int take_answer(struct bk_sink *sink, const void *data, size_t len,
		       struct bk_err *err)
{
	struct answer *answer = (struct answer *)sink;

	if (len > answer->most - answer->text.len)
		return bk_fail(
			err, BK_REFUSED,
			"this is no answer of doveadm's: it is too long");
	bk_buf_add(&answer->text, data, len);
	return 0;
}

/* A key goes into a header of its own; a password is libcurl's business. */
static void add_key(const struct bk_doveadm *doveadm, struct bk_line *line)
{
	const char *key = bk_link_password(doveadm->link);
	struct bk_buf header = {0};

	if (doveadm->url.user)
		return;
	bk_buf_printf(&header, "Authorization: X-Dovecot-API ");
	bk_encode_base64(&header, key, strlen(key), true);
	bk_line_add_header(line, bk_buf_text(&header));
	bk_wipe(header.data, header.len);
	bk_buf_clear(&header);
}

/* [["error",{"type":"exitCode", "exitCode":75},"bk"]]; 0: none is told. */
static int exit_status(const char *text)
{
	const char *code = strstr(text, "\"exitCode\":");
	unsigned n = 0;

	for (code = code ? code + strlen("\"exitCode\":") : "";
	     *code >= '0' && *code <= '9' && n < 256; code++)
		n = n * 10 + (unsigned)(*code - '0');
	return (int)n;
}

static int understand(struct answer *answer, struct bk_err *err)
{
	const char *text = bk_buf_text(&answer->text);

	const char *wanted = answer->wanted ? answer->wanted : DONE;

	if (strncmp(text, wanted, strlen(wanted)) == 0)
		return 0;
	if (strncmp(text, FAILED, strlen(FAILED)) == 0) {
		int status = exit_status(text);
		return bk_fail(err, bk_doveadm_exit_kind(status),
			       "doveadm could not do it; Dovecot's log says "
			       "why (status %d)",
			       status);
	}
	return bk_fail(err, BK_REFUSED,
		       "what answers at this address is not doveadm");
}

/* The caller clears the answer's text, after a failure too. */
static int ask_for(struct bk_doveadm *doveadm, const char *question,
		   struct answer *answer, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(doveadm->link);

	answer->sink.write = take_answer;
	bk_line_to(line, PATH);
	bk_line_add_header(line, "Content-Type: application/json");
	add_key(doveadm, line);
	(void)curl_easy_setopt(line->easy, CURLOPT_POSTFIELDS, question);
	bk_line_into(line, &answer->sink);
	int rc = bk_http_run(line, err);
	long status = bk_line_status(line);
	if (rc == 0)
		rc = understand(answer, err);
	else if (status == 401 || status == 403)
		(void)bk_fail(err, BK_DENIED,
			      "the password or key is not taken; see "
			      "doveadm-password in bk.conf(5)");
	bk_link_give(line);
	return rc < 0 ? bk_context(err, "doveadm") : 0;
}

static int ask(struct bk_doveadm *doveadm, const char *question,
	       struct bk_err *err)
{
	struct answer answer = {.most = ANSWER_MOST};

	int rc = ask_for(doveadm, question, &answer, err);
	bk_buf_clear(&answer.text);
	return rc;
}

/* No commands, and no answers. */
int bk_doveadm_try(struct bk_doveadm *doveadm, const char *user,
		   struct bk_err *err)
{
	struct answer answer = {.most = ANSWER_MOST, .wanted = "[]"};

	if (doveadm->is_local)
		return bk_doveadm_local_try(&doveadm->local, user, err);
	int rc = ask_for(doveadm, "[]", &answer, err);
	bk_buf_clear(&answer.text);
	return rc;
}

/* Numbers are texts, and the mailbox one alone: an array ends 2.3.19. */
static void add_number(struct bk_json *to, const char *key, uint64_t n)
{
	char text[24];

	if (!n)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	bk_json_text(to, key, text);
}

/* Takes the parameters; the caller frees it. */
static char *question_of(const char *command, struct bk_json *parameters)
{
	char *text = bk_json_line(parameters);
	char *question = bk_asprintf("[[\"%s\",%s,\"bk\"]]", command, text);

	free(text);
	bk_json_free(parameters);
	return question;
}

/* Takes the parameters. */
static int ask_to(struct bk_doveadm *doveadm, const char *command,
		  struct bk_json *parameters, struct bk_err *err)
{
	char *question = question_of(command, parameters);
	int rc = ask(doveadm, question, err);

	free(question);
	return rc;
}

int bk_doveadm_update(struct bk_doveadm *doveadm,
		      const struct bk_doveadm_update *update,
		      struct bk_err *err)
{
	if (doveadm->is_local)
		return bk_doveadm_local_update(&doveadm->local, update, err);
	struct bk_json *parameters = bk_json_new();

	bk_json_text(parameters, "user", update->user);
	bk_json_text(parameters, "mailbox", update->mailbox);
	add_number(parameters, "uidValidity", update->uid_validity);
	add_number(parameters, "minNextUid", update->min_next_uid);
	add_number(parameters, "minHighestModseq", update->min_highest_modseq);
	return ask_to(doveadm, "mailboxUpdate", parameters, err);
}

/* ---- is it the same mailbox? ---- */

/* A GUID is of one mailbox alone, so what else is in a row with it is its. */
static bool tells(const char *said, const struct bk_doveadm_known *known)
{
	char *rows[] = {
		bk_asprintf(" uidvalidity=%" PRIu32 " guid=%s\n",
			    known->uid_validity, known->guid),
		bk_asprintf("\"uidvalidity\":\"%" PRIu32 "\",\"guid\":\"%s\"",
			    known->uid_validity, known->guid),
		bk_asprintf("\"uidvalidity\":%" PRIu32 ",\"guid\":\"%s\"",
			    known->uid_validity, known->guid),
	};
	bool found = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		found = found || strstr(said, rows[i]);
		free(rows[i]);
	}
	return found;
}

static int ask_status(struct bk_doveadm *doveadm,
		      const struct bk_doveadm_known *known, struct bk_buf *said,
		      struct bk_err *err)
{
	if (doveadm->is_local)
		return bk_doveadm_local_status(&doveadm->local, known->user,
					       known->mailbox, said, err);
	struct answer answer = {.most = STATUS_MOST};
	struct bk_json *parameters = bk_json_new();

	bk_json_text(parameters, "user", known->user);
	bk_json_text(parameters, "mailboxMask", known->mailbox);
	bk_json_text(parameters, "field", "uidvalidity guid");
	char *question = question_of("mailboxStatus", parameters);
	int rc = ask_for(doveadm, question, &answer, err);
	bk_buf_add(said, answer.text.data, answer.text.len);
	bk_buf_clear(&answer.text);
	free(question);
	return rc;
}

int bk_doveadm_prove(struct bk_doveadm *doveadm,
		     const struct bk_doveadm_known *known, struct bk_err *err)
{
	struct bk_buf said = {0};
	struct bk_err why = {0};

	int rc = ask_status(doveadm, known, &said, &why);
	bool same = rc == 0 && tells(bk_buf_text(&said), known);
	bk_buf_clear(&said);
	if (same)
		return 0;
	if (rc < 0 && why.kind != BK_REFUSED) {
		*err = why;
		return -1;
	}
	(void)bk_fail(err, BK_MISUSE,
		      "doveadm = %s is of another server: its %s of %s is not "
		      "the one that IMAP has; nothing was changed; see "
		      "bk.conf(5)",
		      doveadm->where, known->mailbox, known->user);
	return -1;
}

int bk_doveadm_delete(struct bk_doveadm *doveadm, const char *user,
		      const char *mailbox, struct bk_err *err)
{
	if (doveadm->is_local)
		return bk_doveadm_local_delete(&doveadm->local, user, mailbox,
					       err);
	struct bk_json *parameters = bk_json_new();

	bk_json_text(parameters, "user", user);
	bk_json_text(parameters, "mailbox", mailbox);
	return ask_to(doveadm, "mailboxDelete", parameters, err);
}

int bk_doveadm_users(struct bk_doveadm *doveadm, struct bk_names *out,
		     struct bk_err *err)
{
	struct answer answer = {.most = USERS_MOST};

	if (doveadm->is_local)
		return bk_doveadm_local_users(&doveadm->local, out, err);
	int rc = ask_for(doveadm, "[[\"user\",{\"userMask\":[\"*\"]},\"bk\"]]",
			 &answer, err);
	if (rc == 0 && bk_json_texts_at(bk_buf_view(&answer.text),
					"0/1/userList", out, err) < 0)
		rc = bk_context(err, "doveadm user");
	bk_buf_clear(&answer.text);
	return rc;
}
