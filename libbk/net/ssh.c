/* SSH through libssh: see ssh.h. */

#include "net/ssh.h"

#include <errno.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/escape.h"
#include "net/ssh_host.h"

#define POLL_MS    500
#define TIDY_MS    3000
#define USUAL_PORT 22

/* What is fast where processors have AES comes first. */
#define CIPHERS                                                                \
	"aes256-gcm@openssh.com,aes128-gcm@openssh.com,"                       \
	"chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"

struct bk_ssh {
	struct bk_link *link;
	struct bk_line *line; /* has the connection */
	ssh_session session;
	ssh_channel channel;
	int64_t moved_ms;     /* when something last came or went */
	bool in_packet;       /* to be cut off only when nothing moves */
	int64_t tidy_ends_ms; /* 0: it does not tidy */
};

/* ---- waiting ---- */

static int check_time(const struct bk_ssh *ssh, struct bk_err *err)
{
	uint32_t timeout_s = bk_link_access(ssh->link)->timeout_s;
	int64_t now = bk_clock_monotonic_ms();
	bool patient = ssh->in_packet && now - ssh->moved_ms < TIDY_MS;

	timeout_s = timeout_s ? timeout_s : BK_ACCESS_TIMEOUT_S;
	if (!ssh->tidy_ends_ms && !patient && bk_cancelled(err) < 0)
		return -1;
	if ((ssh->tidy_ends_ms && now >= ssh->tidy_ends_ms) ||
	    now - ssh->moved_ms >= (int64_t)timeout_s * 1000)
		return bk_fail(err, BK_LOST,
			       "nothing came or went for %u s; is the network "
			       "up?",
			       (unsigned)timeout_s);
	return 0;
}

/* Until something may have come, or can go. */
static int wait_for(const struct bk_ssh *ssh, struct bk_err *err)
{
	struct pollfd at = {.fd = ssh_get_fd(ssh->session), .events = POLLIN};

	if (ssh_get_poll_flags(ssh->session) & SSH_WRITE_PENDING)
		at.events |= POLLOUT;
	if (check_time(ssh, err) < 0)
		return -1;
	if (poll(&at, 1, POLL_MS) < 0 && errno != EINTR)
		return bk_fail_errno(err, "cannot wait for the connection");
	return 0;
}

static void moved(struct bk_ssh *ssh)
{
	ssh->moved_ms = bk_clock_monotonic_ms();
}

/* What libssh, and through it the server, says of a failure. */
static int broke(const struct bk_ssh *ssh, const char *what, struct bk_err *err)
{
	char *why = bk_escaped(ssh_get_error(ssh->session));
	bool none = strstr(why, "no match for method") != NULL;

	if (none)
		bk_fail(err, BK_DENIED,
			"%s: %s; the server wants what is too old, or newer "
			"than this libssh",
			what, why);
	else
		bk_fail(err, BK_LOST, "%s: %s", what,
			*why ? why : "the server closed the connection");
	free(why);
	return -1;
}

/* Does an act of libssh until it is done: none of them waits by itself. */
static int finish(struct bk_ssh *ssh, int (*act)(struct bk_ssh *ssh),
		  const char *what, struct bk_err *err)
{
	int rc;

	moved(ssh);
	while ((rc = act(ssh)) == SSH_AGAIN)
		if (wait_for(ssh, err) < 0)
			return bk_context(err, "%s", what);
	moved(ssh);
	return rc == SSH_OK ? 0 : broke(ssh, what, err);
}

/* ---- connecting ---- */

/* libcurl knows of proxies, names and time-outs: "http" that nothing is asked
 * of is a connection and no more. */
static int connect_socket(struct bk_ssh *ssh, int *fd, struct bk_err *err)
{
	const struct bk_url *url = bk_link_url(ssh->link);
	struct bk_url there = *url;
	curl_socket_t socket_ = CURL_SOCKET_BAD;
	struct bk_buf text = {0};

	there.port = url->port ? url->port : USUAL_PORT;
	bk_url_origin(&text, &there, "http");
	ssh->line = bk_link_take(ssh->link);
	if (ssh->tidy_ends_ms)
		bk_line_tidy(ssh->line);
	bk_line_to_url(ssh->line, bk_buf_text(&text));
	bk_buf_clear(&text);
	(void)curl_easy_setopt(ssh->line->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (bk_line_hold(ssh->line, err) < 0)
		return -1;
	(void)curl_easy_getinfo(ssh->line->easy, CURLINFO_ACTIVESOCKET,
				&socket_);
	*fd = dup(socket_); /* libssh closes it */
	if (*fd < 0)
		return bk_fail_errno(err, "cannot share the connection");
	return 0;
}

static int set_options(struct bk_ssh *ssh, int fd, const char *known_hosts)
{
	const struct bk_url *url = bk_link_url(ssh->link);
	unsigned port = url->port ? url->port : USUAL_PORT;
	socket_t socket_ = fd;
	const int no = 0, yes = 1;
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		{SSH_OPTIONS_PROCESS_CONFIG,    &no        },
		{SSH_OPTIONS_NODELAY,           &yes       },
		{SSH_OPTIONS_HOST,              url->host  },
		{SSH_OPTIONS_PORT,              &port      },
		{SSH_OPTIONS_USER,              url->user  },
		{SSH_OPTIONS_KNOWNHOSTS,        known_hosts},
		{SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_CIPHERS_C_S,       CIPHERS    },
		{SSH_OPTIONS_CIPHERS_S_C,       CIPHERS    },
		{SSH_OPTIONS_FD,                &socket_   }, /* the last one: now it is
  libssh's */
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (ssh_options_set(ssh->session, options[i].option,
				    options[i].value) < 0)
			return -1;
	return 0;
}

static int shake_hands(struct bk_ssh *ssh)
{
	return ssh_connect(ssh->session);
}

static int say_hello(struct bk_ssh *ssh, int fd, struct bk_err *err)
{
	const struct bk_url *url = bk_link_url(ssh->link);
	const struct bk_access *how = bk_link_access(ssh->link);
	char *known_hosts = bk_ssh_known_hosts(how, err);
	int rc = -1;

	if (known_hosts && set_options(ssh, fd, known_hosts) < 0)
		(void)broke(ssh, "SSH", err);
	else if (known_hosts)
		rc = 0;
	if (rc < 0)
		(void)close(fd);
	else if (finish(ssh, shake_hands, "SSH", err) < 0)
		rc = -1;
	else
		rc = bk_ssh_check_host(ssh->session, url, how, known_hosts,
				       err);
	free(known_hosts);
	return rc;
}

/* ---- who we are ---- */

static int check_login(const struct bk_link *link, struct bk_err *err)
{
	const struct bk_access *how = bk_link_access(link);
	const struct bk_url *url = bk_link_url(link);

	if (!url->user)
		return bk_fail(err, BK_MISUSE,
			       "no user in it; write sftp://USER@%s...",
			       url->host);
	if (!how->ssh_key && !how->password)
		return bk_fail(err, BK_MISUSE,
			       "no login; say ssh-key = FILE, or password = "
			       "file:PATH");
	if (how->ssh_key && access(how->ssh_key, R_OK) < 0)
		return bk_fail(err, BK_MISUSE, "ssh-key %s cannot be read",
			       how->ssh_key);
	return 0;
}

/* What one way to log in came to; SSH_AUTH_*. */
typedef int login_act(struct bk_ssh *ssh, const void *with);

static int ask_login(struct bk_ssh *ssh, login_act *act, const void *with,
		     int *answer, struct bk_err *err)
{
	moved(ssh);
	while ((*answer = act(ssh, with)) == SSH_AUTH_AGAIN)
		if (wait_for(ssh, err) < 0)
			return bk_context(err, "the login");
	moved(ssh);
	return *answer == SSH_AUTH_ERROR ? broke(ssh, "the login", err) : 0;
}

static int show_nothing(struct bk_ssh *ssh, const void *with)
{
	(void)with;
	return ssh_userauth_none(ssh->session, NULL);
}

static int show_key(struct bk_ssh *ssh, const void *with)
{
	return ssh_userauth_publickey(ssh->session, NULL,
				      *(ssh_key const *)with);
}

static int say_password(struct bk_ssh *ssh, const void *with)
{
	return ssh_userauth_password(ssh->session, NULL, with);
}

/* A server that asks questions: all that are not to be seen on a screen are
 * answered with the password. */
static int answer_questions(struct bk_ssh *ssh, const void *with)
{
	int rc = ssh_userauth_kbdint(ssh->session, NULL, NULL);

	for (int round = 0; rc == SSH_AUTH_INFO && round < 4; round++) {
		int n = ssh_userauth_kbdint_getnprompts(ssh->session);
		for (int i = 0; i < n; i++) {
			char echo = 0;
			(void)ssh_userauth_kbdint_getprompt(ssh->session,
							    (unsigned)i, &echo);
			(void)ssh_userauth_kbdint_setanswer(
				ssh->session, (unsigned)i, echo ? "" : with);
		}
		rc = ssh_userauth_kbdint(ssh->session, NULL, NULL);
	}
	return rc == SSH_AUTH_INFO ? SSH_AUTH_DENIED : rc;
}

static int log_in_by_key(struct bk_ssh *ssh, int *answer, struct bk_err *err)
{
	const char *path = bk_link_access(ssh->link)->ssh_key;
	ssh_key key = NULL;

	if (ssh_pki_import_privkey_file(path, bk_link_key_password(ssh->link),
					NULL, NULL, &key) != SSH_OK)
		return bk_fail(err, BK_MISUSE,
			       "ssh-key %s is no private key, or has a "
			       "password (client-key-password = file:PATH)",
			       path);
	int rc = ask_login(ssh, show_key, &key, answer, err);
	ssh_key_free(key);
	return rc;
}

static int log_in_by_password(struct bk_ssh *ssh, int *answer,
			      struct bk_err *err)
{
	const char *password = bk_link_password(ssh->link);
	int ways = ssh_userauth_list(ssh->session, NULL);

	*answer = SSH_AUTH_DENIED;
	if (ways & SSH_AUTH_METHOD_PASSWORD &&
	    ask_login(ssh, say_password, password, answer, err) < 0)
		return -1;
	if (*answer == SSH_AUTH_DENIED && ways & SSH_AUTH_METHOD_INTERACTIVE)
		return ask_login(ssh, answer_questions, password, answer, err);
	return 0;
}

/* With a key where there is one; and with the password, if that is all or the
 * server wants both. */
static int log_in(struct bk_ssh *ssh, struct bk_err *err)
{
	const struct bk_access *how = bk_link_access(ssh->link);
	int answer = SSH_AUTH_DENIED;
	int rc = how->ssh_key
			 ? log_in_by_key(ssh, &answer, err)
			 : ask_login(ssh, show_nothing, NULL, &answer, err);
	bool more = how->ssh_key ? answer == SSH_AUTH_PARTIAL
				 : answer != SSH_AUTH_SUCCESS;

	if (rc == 0 && more && how->password)
		rc = log_in_by_password(ssh, &answer, err);
	if (rc < 0 || answer == SSH_AUTH_SUCCESS)
		return rc;
	if (answer == SSH_AUTH_PARTIAL)
		return bk_fail(err, BK_DENIED,
			       "the server wants more for a login than %s",
			       how->password ? "we have" : "a key");
	return bk_fail(err, BK_DENIED,
		       "the login was refused; are user and %s "
		       "right?",
		       how->ssh_key ? "ssh-key" : "password");
}

/* ---- the channel ---- */

static int open_channel(struct bk_ssh *ssh)
{
	return ssh_channel_open_session(ssh->channel);
}

static int ask_for_sftp(struct bk_ssh *ssh)
{
	return ssh_channel_request_sftp(ssh->channel);
}

static int start(struct bk_ssh *ssh, struct bk_err *err)
{
	int fd = -1;

	if (connect_socket(ssh, &fd, err) < 0)
		return -1;
	ssh->session = ssh_new();
	if (!ssh->session)
		abort(); /* as all small allocations do */
	ssh_set_blocking(ssh->session, 0);
	moved(ssh);
	if (say_hello(ssh, fd, err) < 0 || log_in(ssh, err) < 0)
		return -1;
	ssh->channel = ssh_channel_new(ssh->session);
	if (!ssh->channel)
		return broke(ssh, "SSH", err);
	if (finish(ssh, open_channel, "SSH", err) < 0)
		return -1;
	return finish(ssh, ask_for_sftp, "the server's SFTP", err);
}

int bk_ssh_open(struct bk_ssh **out, struct bk_link *link, bool tidying,
		struct bk_err *err)
{
	struct bk_ssh *ssh;

	if (check_login(link, err) < 0)
		return -1;
	ssh = bk_alloc(sizeof(*ssh));
	ssh->link = link;
	if (tidying)
		ssh->tidy_ends_ms = bk_clock_monotonic_ms() + TIDY_MS;
	if (start(ssh, err) < 0) {
		bk_ssh_close(ssh);
		return -1;
	}
	*out = ssh;
	return 0;
}

void bk_ssh_close(struct bk_ssh *ssh)
{
	if (!ssh)
		return;
	if (ssh->channel)
		ssh_channel_free(ssh->channel);
	if (ssh->session) {
		ssh_disconnect(ssh->session);
		ssh_free(ssh->session);
	}
	if (ssh->line)
		bk_link_give(ssh->line);
	free(ssh);
}

/* ---- bytes ---- */

int bk_ssh_write(struct bk_ssh *ssh, const void *data, size_t len,
		 struct bk_err *err)
{
	const uint8_t *at = data;

	moved(ssh);
	for (ssh->in_packet = false; len > 0;) {
		uint32_t most = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
		int n = ssh_channel_write(ssh->channel, at, most);
		if (n == SSH_ERROR)
			return broke(ssh, "the connection broke", err);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			ssh->in_packet = true;
			moved(ssh);
		} else if (wait_for(ssh, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static bool has_ended(const struct bk_ssh *ssh)
{
	return ssh_channel_is_eof(ssh->channel) ||
	       ssh_channel_is_closed(ssh->channel) ||
	       !ssh_is_connected(ssh->session);
}

bool bk_ssh_is_cut(const struct bk_ssh *ssh)
{
	return ssh->in_packet;
}

int bk_ssh_read(struct bk_ssh *ssh, void *into, size_t len, bool go_on,
		struct bk_err *err)
{
	uint8_t *at = into;

	moved(ssh);
	for (ssh->in_packet = go_on; len > 0;) {
		uint32_t most = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
		int n = ssh_channel_read_nonblocking(ssh->channel, at, most, 0);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			ssh->in_packet = true;
			moved(ssh);
		} else if (n == SSH_ERROR) {
			return broke(ssh, "the connection broke", err);
		} else if (has_ended(ssh)) {
			return bk_fail(err, BK_LOST,
				       "the server closed the connection");
		} else if (wait_for(ssh, err) < 0) {
			return -1;
		}
	}
	return 0;
}

bool bk_ssh_is_idle(struct bk_ssh *ssh)
{
	return ssh_channel_poll(ssh->channel, 0) == 0 && !has_ended(ssh);
}
