/* A login on an SMB server: see smb_session.h. */

#include "smb/smb_session.h"

#include <errno.h>
#include <libsmbclient.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "target/smb_wire.h"

/* libsmbclient asks for it again at each connection, by a function that gets
 * no more than its own context: there is one session in a process. */
static struct bk_secret password;
static const struct smb_session *current;

/* As the only configuration.  /dev/null as a folder: nothing can be made there,
 * and none is made elsewhere. */
static const char configuration[] =
	"[global]\n"
	"client signing = required\n"
	"client min protocol = SMB3_00\n"
	"client max protocol = SMB3_11\n"
	"name resolve order = host\n"
	"disable netbios = yes\n"
	"log file = /dev/null\n"
	"lock directory = /dev/null\n"
	"state directory = /dev/null\n"
	"cache directory = /dev/null\n"
	"private dir = /dev/null\n";

/* NOLINTNEXTLINE(readability-function-size): libsmbclient's signature */
static void give_login(SMBCCTX *context, const char *server, const char *share,
		       char *domain, int domain_len, char *user, int user_len,
		       char *secret, int secret_len)
{
	(void)context;
	(void)server;
	(void)share;
	if (*current->domain)
		(void)snprintf(domain, (size_t)domain_len, "%s",
			       current->domain);
	(void)snprintf(user, (size_t)user_len, "%s", current->user);
	(void)snprintf(secret, (size_t)secret_len, "%.*s", (int)password.len,
		       (const char *)password.data);
}

static int write_configuration(const char *path)
{
	FILE *file = fopen(path, "wxe");

	if (!file)
		return -1;
	int rc = fputs(configuration, file) < 0 ? -1 : 0;
	return fclose(file) ? -1 : rc;
}

/* libsmbclient reads $HOME/.smb/smb.conf once, as its first context is made,
 * and without one that of the host. */
static SMBCCTX *new_context(struct bk_err *err)
{
	char home[] = "/tmp/bk-smb.XXXXXX";
	SMBCCTX *context = NULL;

	if (!mkdtemp(home)) {
		(void)bk_fail_errno(err, "%s", home);
		return NULL;
	}
	char *folder = bk_asprintf("%s/.smb", home);
	char *path = bk_asprintf("%s/smb.conf", folder);
	if (setenv("HOME", home, 1) < 0 || mkdir(folder, 0700) < 0 ||
	    write_configuration(path) < 0)
		(void)bk_fail_errno(err, "%s", path);
	else if (!(context = smbc_new_context()))
		(void)bk_fail_errno(err, "libsmbclient");
	(void)unlink(path);
	(void)rmdir(folder);
	(void)rmdir(home);
	free(folder);
	free(path);
	return context;
}

static int make_context(uint32_t timeout_ms, uint16_t port, struct bk_err *err)
{
	SMBCCTX *context = new_context(err);

	if (!context)
		return -1;
	smbc_setFunctionAuthDataWithContext(context, give_login);
	/* What libsmbclient gives up has a better text than what we give up. */
	smbc_setTimeout(context, (int)(timeout_ms - timeout_ms / 5));
	smbc_setPort(context, port);
	smbc_setOptionNoAutoAnonymousLogin(context, 1);
	smbc_setOptionUseKerberos(context, 0);
	smbc_setOptionUrlEncodeReaddirEntries(context, 0);
	smbc_setOptionSmbEncryptionLevel(context, SMBC_ENCRYPTLEVEL_REQUIRE);
	smbc_setOptionDebugToStderr(context, 1);
	smbc_setDebug(context, 0);
	if (!smbc_init_context(context)) {
		(void)bk_fail_errno(err, "libsmbclient");
		(void)smbc_free_context(context, 0);
		return -1;
	}
	(void)smbc_set_context(context);
	if (!smbc_setOptionProtocols(context, "SMB3_00", "SMB3_11"))
		return bk_fail(err, BK_FAILED,
			       "libsmbclient does not know SMB 3");
	return 0;
}

/* ---- what went wrong ---- */

static enum bk_kind kind_of(int number)
{
	switch (number) {
	case ECONNABORTED:
	case ECONNREFUSED:
	case ENOTCONN:
	case ESHUTDOWN:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case ENETRESET:
	case EBADF:  /* a file of a connection that was replaced */
	case EIO:    /* these two are what libsmbclient makes of every status */
	case EINVAL: /* that it has no number for */
		return BK_LOST;
	case ETXTBSY:
		return BK_BUSY;
	case ENOTEMPTY: /* of a folder that somebody takes away meanwhile */
		return BK_GONE;
	default:
		return bk_kind_of_errno(number);
	}
}

int smb_session_fail(const char *what, struct bk_err *err)
{
	int number = errno;
	enum bk_kind kind = kind_of(number);
	const char *why = strerrordesc_np(number);
	const char *hint = "";

	if (kind == BK_DENIED)
		hint = "; may this user do that on the share?";
	else if (kind == BK_FULL)
		hint = "; make room on the server, or raise the quota";
	else if (number == ECONNREFUSED)
		hint = "; does the server run, and on this port?";
	return bk_fail(err, kind, "%s: %s%s", what, why ? why : "unknown error",
		       hint);
}

int smb_session_fail_at(const struct smb_session *session, const char *what,
			struct bk_err *err)
{
	int number = errno;
	struct stat st;

	(void)smb_session_fail(what, err);
	if (err->kind == BK_GONE && smbc_stat(session->base, &st) < 0)
		return bk_fail(err, BK_LOST,
			       "%s: the share or the folder of the repository "
			       "is not there any more",
			       what);
	errno = number;
	return -1;
}

/* ---- the way there ---- */

/* Everything that might mean something in a URL as %XX. */
static void escape(struct bk_buf *out, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz"
		"0123456789-._/";

	for (; *text; text++)
		if (strchr(plain, *text))
			bk_buf_add(out, text, 1);
		else
			bk_buf_printf(out, "%%%02X", (unsigned char)*text);
}

char *smb_session_url(const struct smb_session *session, const char *name,
		      const char *tail)
{
	struct bk_buf url = {0};

	bk_buf_printf(&url, "%s%s", session->base, *name ? "/" : "");
	escape(&url, name);
	escape(&url, tail);
	char *text = bk_strdup(bk_buf_text(&url));
	bk_buf_clear(&url);
	return text;
}

/* libsmbclient has one error for all that is wrong with a name. */
static int resolve(const struct smb_session *session, struct bk_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	int rc = getaddrinfo(session->host, NULL, &hints, &found);
	if (rc)
		return bk_fail(err, BK_LOST,
			       "the host is not found: %s; check its name in "
			       "the URL and this host's DNS",
			       gai_strerror(rc));
	freeaddrinfo(found);
	return 0;
}

static int connect_to(const struct smb_session *session, struct bk_err *err)
{
	struct stat st;

	if (resolve(session, err) < 0)
		return -1;
	if (smbc_stat(session->base, &st) == 0)
		return 0;
	int number = errno;
	(void)smb_session_fail("connect", err);
	if (number == EACCES || number == EPERM)
		return bk_fail(err, BK_DENIED,
			       "the server turns user %s away; check the user "
			       "(DOMAIN;user), the password, and who may use "
			       "the share %s",
			       session->user, session->share);
	if (number == ENOENT)
		return bk_fail(err, BK_MISUSE,
			       "the server has no share %s; make it there, or "
			       "mend its name in the URL",
			       session->share);
	if (number == EINVAL || number == ECONNABORTED)
		return bk_context(err,
				  "no connection could be made: SMB 3 "
				  "with signing is needed");
	return -1;
}

int smb_session_parents(const struct smb_session *session, const char *name,
			struct bk_err *err)
{
	char *part = bk_strdup(name);
	int rc = 0;

	for (char *at = strchr(part, '/'); at && rc == 0;
	     at = strchr(at + 1, '/')) {
		*at = 0;
		char *url = smb_session_url(session, part, "");
		rc = smbc_mkdir(url, 0700);
		if (rc < 0 && errno == EEXIST)
			rc = 0;
		else if (rc < 0)
			(void)smb_session_fail("make its folder", err);
		free(url);
		*at = '/';
	}
	free(part);
	return rc;
}

/* The session has led to the share so far. */
static int find_folder(struct smb_session *session, bool create,
		       struct bk_err *err)
{
	char *below = bk_asprintf("%s/", session->dir);
	struct stat st;

	int rc = create ? smb_session_parents(session, below, err) : 0;
	free(below);
	if (rc < 0)
		return -1;
	char *share = session->base;
	session->base = smb_session_url(session, session->dir, "");
	free(share);
	if (smbc_stat(session->base, &st) < 0)
		return smb_session_fail("the folder", err);
	if (!S_ISDIR(st.st_mode))
		return bk_fail(err, BK_MISUSE, "it is not a folder");
	return 0;
}

static int parse(struct smb_session *session, struct bk_cursor *fields,
		 struct bk_err *err)
{
	session->host = bk_cursor_string(fields);
	session->share = bk_cursor_string(fields);
	session->dir = bk_cursor_string(fields);
	session->domain = bk_cursor_string(fields);
	session->user = bk_cursor_string(fields);
	struct bk_view secret = bk_cursor_blob(fields);
	if (fields->bad || bk_cursor_left(fields) || current)
		return bk_fail(err, BK_FAILED, "bk-smb: no such request");
	bk_secret_set(&password, secret.data, secret.len);
	return 0;
}

int smb_session_open(struct smb_session *session, struct bk_cursor *fields,
		     struct bk_err *err)
{
	uint8_t version = bk_cursor_u8(fields);
	bool create = bk_cursor_u8(fields);
	uint32_t timeout_ms = bk_cursor_u32(fields);
	uint16_t port = bk_cursor_u16(fields);

	if (version != BK_SMB_VERSION)
		return bk_fail(err, BK_MISUSE,
			       "bk-smb is of another version than this "
			       "program; install bk again");
	if (parse(session, fields, err) < 0)
		return -1;
	current = session;
	if (make_context(timeout_ms, port, err) < 0)
		return -1;
	/* Of "[::1]" libsmbclient takes what is behind the first ':' for a
	 * port. */
	session->base = bk_strdup("smb:/");
	char *server = smb_session_url(session, session->host, "");
	free(session->base);
	session->base = server;
	char *share = smb_session_url(session, session->share, "");
	free(session->base);
	session->base = share;
	if (connect_to(session, err) < 0)
		return -1;
	return *session->dir ? find_folder(session, create, err) : 0;
}
