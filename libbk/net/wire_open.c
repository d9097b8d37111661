/* Ways to log in at a mail server: see wire.h. */

#include <string.h>

#include "net/link.h"
#include "net/wire.h"
#include "net/wire_parts.h"
#include "net/wire_why.h"

/* One login, to be tried in one way or two. */
struct attempt {
	struct bk_link *link;
	const struct bk_wire_login *login;
	struct bk_secret secret; /* ends in NUL */
	const char *how;         /* libcurl's login options */
	bool denied;             /* it was tried, and refused */
	bool no_sasl;            /* none that is wanted */
};

/* Only the login goes through it. */
#define LOGIN_BUFFER 16384L

/* Where neither is there: what else libcurl knows, at last the command LOGIN,
 * which is no mechanism of SASL.  On another connection. */
#define ANYTHING "AUTH=*"

static bool is_token(enum bk_sasl sasl)
{
	return sasl == BK_SASL_XOAUTH2 || sasl == BK_SASL_OAUTHBEARER;
}

/* libcurl's own first choice is GSSAPI or NTLM where a server has them, without
 * a way back when they fail. */
static const char *mechanisms_of(const struct bk_wire_login *login)
{
	switch (login->sasl) {
	case BK_SASL_AUTO:
		return login->authzid ? "AUTH=PLAIN" : "AUTH=PLAIN;AUTH=LOGIN";
	case BK_SASL_PLAIN:
		return "AUTH=PLAIN";
	case BK_SASL_XOAUTH2:
		return "AUTH=XOAUTH2";
	case BK_SASL_OAUTHBEARER:
		return "AUTH=OAUTHBEARER";
	}
	return NULL;
}

static int check(const struct attempt *try, struct bk_err *err)
{
	const struct bk_url *url = bk_link_url(try->link);
	const struct bk_wire_login *login = try->login;

	if (strcmp(url->transport, "imap") != 0 &&
	    strcmp(url->transport, "imaps") != 0)
		return bk_fail(err, BK_MISUSE,
			       "not a mail server: write imaps://HOST");
	if (!login->user && !url->user)
		return bk_fail(err, BK_MISUSE, "no user; write %s://USER@%s",
			       url->scheme, url->host);
	if (login->authzid && is_token(login->sasl))
		return bk_fail(err, BK_MISUSE,
			       "a token is for one user: it cannot log in as "
			       "'%s'",
			       login->authzid);
	return 0;
}

int bk_wire_secret(struct bk_link *link, const struct bk_wire_login *login,
		   struct bk_secret *out, struct bk_err *err)
{
	const struct bk_secret *own = login->secret;

	if (own) {
		bk_secret_alloc(out, own->len + 1);
		memcpy(out->data, own->data, own->len);
		return 0;
	}
	if (is_token(login->sasl))
		return bk_link_fresh_token(link, NULL, out, err);
	const char *password = bk_link_password(link);
	bk_secret_set(out, password, strlen(password) + 1);
	return 0;
}

static void set_login(const struct attempt *try, struct bk_line *line)
{
	const struct bk_access *access = bk_link_access(try->link);
	const struct bk_wire_login *login = try->login;
	const char *secret = (const char *)try->secret.data;
	CURL *easy = line->easy;
	long timeout_s =
		access->timeout_s ? access->timeout_s : BK_ACCESS_TIMEOUT_S;

	if (login->user)
		(void)curl_easy_setopt(easy, CURLOPT_USERNAME, login->user);
	if (is_token(login->sasl)) {
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD, NULL);
		(void)curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, secret);
	} else if (login->secret || *secret) {
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD, secret);
		(void)curl_easy_setopt(easy, CURLOPT_NETRC,
				       (long)CURL_NETRC_IGNORED);
	}
	(void)curl_easy_setopt(easy, CURLOPT_SASL_AUTHZID, login->authzid);
	(void)curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, try->how);
	/* It is for the login too, which servers delay after failed ones. */
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, timeout_s);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, LOGIN_BUFFER);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

/* Who is logged in before we said a name, only the server knows. */
static int check_greeting(const struct bk_login_said *said, struct bk_err *err)
{
	return said->preauth ? bk_fail(err, BK_DENIED,
				       "the server greets with PREAUTH: it "
				       "asks nobody who he is, and would show "
				       "we do not know whose mail")
			     : 0;
}

static int knock(struct attempt *try, struct bk_wire **out, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(try->link);
	struct bk_login_said said;
	struct bk_err why;

	bk_line_to(line, "/");
	set_login(try, line);
	int rc = bk_line_hold(line, &why);
	bk_login_said_read(&said, bk_buf_view(&line->replies));
	if (rc == 0)
		rc = check_greeting(&said, err);
	else if (why.kind == BK_CANCELLED)
		*err = why;
	else
		(void)bk_wire_why(line, &said, try->login, err);
	try->denied = line->result == CURLE_LOGIN_DENIED && said.asked &&
		      rc < 0 && err->kind == BK_DENIED;
	try->no_sasl = line->result == CURLE_LOGIN_DENIED && !said.asked;
	if (rc == 0)
		*out = bk_wire_new(line);
	else
		bk_link_give(line);
	return rc;
}

/* Is there another token, of those that the link knows how to get? */
static int renew(struct attempt *try, bool *renewed, struct bk_err *err)
{
	struct bk_secret old = try->secret;

	try->secret = (struct bk_secret){0};
	int rc = bk_link_fresh_token(try->link, &old, &try->secret, err);
	*renewed = rc == 0 && !bk_secret_equal(&old, &try->secret);
	bk_secret_clear(&old);
	return rc;
}

static int try_ways(struct attempt *try, struct bk_wire **out,
		    struct bk_err *err)
{
	struct bk_err why;
	bool renewed = false;

	try->how = mechanisms_of(try->login);
	int rc = knock(try, out, &why);
	if (rc < 0 && try->no_sasl && try->login->sasl == BK_SASL_AUTO &&
	    !try->login->authzid) {
		try->how = ANYTHING;
		rc = knock(try, out, &why);
	}
	if (rc < 0 && try->denied && is_token(try->login->sasl) &&
	    !try->login->secret) {
		if (renew(try, &renewed, err) < 0)
			return -1;
		if (renewed)
			rc = knock(try, out, &why);
	}
	if (rc < 0)
		*err = why;
	return rc;
}

int bk_wire_open(struct bk_wire **out, struct bk_link *link,
		 const struct bk_wire_login *login, struct bk_err *err)
{
	struct attempt try = {.link = link, .login = login};
	int rc = check(&try, err);

	if (rc == 0)
		rc = bk_wire_secret(link, login, &try.secret, err);
	if (rc == 0)
		rc = try_ways(&try, out, err);
	bk_secret_clear(&try.secret);
	return rc < 0 ? bk_context(err, "%s", bk_link_url(link)->text) : 0;
}
