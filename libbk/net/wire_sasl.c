/* The first words of a login, where libcurl does not say them: see wire.h. */

#include <string.h>

#include "crypto/encode.h"
#include "net/link.h"
#include "net/wire.h"

static const char *user_of(const struct bk_link *link,
			   const struct bk_wire_login *login)
{
	const char *user = login->user ? login->user : bk_link_url(link)->user;

	return user ? user : "";
}

/* RFC 4616, RFC 7628 (whose names have "=2C" and "=3D" for ',' and '='), and
 * what Google wrote down before it. */
static const char *say(const struct bk_link *link,
		       const struct bk_wire_login *login, const char *secret,
		       struct bk_buf *out)
{
	const char *user = user_of(link, login);

	switch (login->sasl) {
	case BK_SASL_AUTO:
	case BK_SASL_PLAIN:
		if (login->authzid)
			bk_buf_printf(out, "%s", login->authzid);
		bk_buf_add_u8(out, 0);
		bk_buf_printf(out, "%s", user);
		bk_buf_add_u8(out, 0);
		bk_buf_printf(out, "%s", secret);
		return "PLAIN";
	case BK_SASL_XOAUTH2:
		bk_buf_printf(out, "user=%s\1auth=Bearer %s\1\1", user, secret);
		return "XOAUTH2";
	case BK_SASL_OAUTHBEARER:
		bk_buf_printf(out, "n,a=");
		for (; *user; user++)
			bk_buf_printf(out,
				      *user == ','   ? "=2C"
				      : *user == '=' ? "=3D"
						     : "%c",
				      *user);
		bk_buf_printf(out, ",\1auth=Bearer %s\1\1", secret);
		return "OAUTHBEARER";
	}
	return NULL;
}

static void forget(struct bk_buf *buf)
{
	if (buf->data)
		bk_wipe(buf->data, buf->cap);
	bk_buf_clear(buf);
}

int bk_wire_sasl(struct bk_link *link, const struct bk_wire_login *login,
		 const char **mechanism, struct bk_secret *words,
		 struct bk_err *err)
{
	struct bk_secret secret = {0};
	struct bk_buf plain = {0}, coded = {0};

	if (bk_wire_secret(link, login, &secret, err) < 0)
		return -1;
	/* Room for all of it at once: nothing is left behind by growing. */
	(void)bk_buf_room(&plain,
			  3 * strlen(user_of(link, login)) + secret.len + 1024);
	*mechanism = say(link, login, (const char *)secret.data, &plain);
	(void)bk_buf_room(&coded, 2 * plain.len + 8);
	bk_encode_base64(&coded, plain.data, plain.len, true);
	bk_secret_set(words, bk_buf_text(&coded), coded.len + 1);
	forget(&plain);
	forget(&coded);
	bk_secret_clear(&secret);
	return 0;
}
