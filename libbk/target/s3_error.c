/* S3's errors: see s3_error.h. */

#include "target/s3_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/s3_xml.h"

/* clang-format off */
static const struct {
	const char *code;
	enum bk_kind kind;
	const char *advice;
} codes[] = {
	{"AccessDenied", BK_DENIED,
	 "may this key read, write, list and delete below this prefix?"},
	{"AccountProblem", BK_DENIED, "ask the provider about the account"},
	{"AllAccessDisabled", BK_DENIED, "ask the provider about the account"},
	{"AuthorizationHeaderMalformed", BK_DENIED,
	 "is the region right? write region = REGION"},
	{"BadDigest", BK_LOST, "bytes changed on their way"},
	{"BucketAlreadyExists", BK_DENIED,
	 "the name is taken by somebody else: choose another bucket"},
	{"BucketAlreadyOwnedByYou", BK_EXISTS, NULL},
	{"EntityTooLarge", BK_REFUSED,
	 "the server's limit is below this object's size"},
	{"EntityTooSmall", BK_REFUSED,
	 "the server wants larger parts of an upload"},
	{"ExpiredToken", BK_DENIED, "get a new session token"},
	{"IllegalLocationConstraintException", BK_DENIED,
	 "is the region right? write region = REGION"},
	{"IncompleteBody", BK_LOST, NULL},
	{"InternalError", BK_BUSY, NULL},
	{"InvalidAccessKeyId", BK_DENIED,
	 "is the access key in the URL right?"},
	{"InvalidBucketName", BK_MISUSE, "is the bucket's name right?"},
	{"InvalidLocationConstraint", BK_DENIED,
	 "is the region right? write region = REGION"},
	{"InvalidObjectState", BK_DENIED,
	 "it lies in an archive: have the server bring it back first"},
	{"InvalidPart", BK_LOST, "a part of the upload is not what was sent"},
	{"InvalidPartOrder", BK_LOST, NULL},
	{"InvalidRange", BK_CORRUPT, "it is shorter than it should be"},
	{"InvalidSecurity", BK_DENIED, "are access key and secret right?"},
	{"InvalidToken", BK_DENIED, "is the session token right?"},
	{"MethodNotAllowed", BK_DENIED,
	 "does this address speak S3, and may this key do that?"},
	{"NoSuchBucket", BK_DENIED,
	 "is the bucket's name right?"},
	{"NoSuchKey", BK_GONE, NULL},
	{"NoSuchUpload", BK_LOST, "somebody ended the upload under way"},
	{"NotSignedUp", BK_DENIED, "ask the provider about the account"},
	{"OperationAborted", BK_BUSY, NULL},
	{"PermanentRedirect", BK_DENIED,
	 "the bucket lies elsewhere: are host and region right?"},
	{"QuotaExceeded", BK_FULL, "raise the quota, or prune"},
	{"RequestLimitExceeded", BK_BUSY, NULL},
	{"RequestTimeTooSkewed", BK_DENIED,
	 "set this host's clock, or the server's"},
	{"RequestTimeout", BK_LOST, NULL},
	{"ServiceUnavailable", BK_BUSY, NULL},
	{"SignatureDoesNotMatch", BK_DENIED, "is the secret key right?"},
	{"SlowDown", BK_BUSY, NULL},
	{"TemporaryRedirect", BK_DENIED,
	 "the bucket lies elsewhere: are host and region right?"},
	{"Throttling", BK_BUSY, NULL},
	{"ThrottlingException", BK_BUSY, NULL},
	{"TokenRefreshRequired", BK_DENIED, "get a new session token"},
	{"TooManyBuckets", BK_DENIED, "make the bucket under another account"},
	{"TooManyRequests", BK_BUSY, NULL},
	{"UserSuspended", BK_DENIED, "ask the provider about the account"},
	{"XAmzContentSHA256Mismatch", BK_LOST, "bytes changed on their way"},
	{"XMinioStorageFull", BK_FULL, "add disks, or prune"},
};
/* clang-format on */

static void note(char *out, size_t cap, const char *text)
{
	(void)snprintf(out, cap, "%s", text);
}

void bk_s3_complaint_take(struct bk_s3_complaint *out, const char *path,
			  const char *text)
{
	if (strcmp(path, "Error/Code") == 0)
		note(out->code, sizeof(out->code), text);
	else if (strcmp(path, "Error/Message") == 0)
		note(out->message, sizeof(out->message), text);
	else if (strcmp(path, "Error/Region") == 0)
		note(out->region, sizeof(out->region), text);
}

void bk_s3_complaint_place(struct bk_s3_complaint *out, const char *region)
{
	note(out->region, sizeof(out->region), region);
	if (!*out->code)
		note(out->code, sizeof(out->code), "PermanentRedirect");
}

static int take_element(void *arg, const char *path, const char *text,
			struct bk_err *err)
{
	(void)err;
	bk_s3_complaint_take(arg, path, text);
	return 0;
}

void bk_s3_complaint_read(struct bk_s3_complaint *out, struct bk_view body)
{
	struct bk_err ignored = {0};
	struct bk_s3_xml xml;

	*out = (struct bk_s3_complaint){0};
	bk_s3_xml_init(&xml, take_element, out);
	/* The body may have been cut; what came before counts. */
	(void)xml.sink.write(&xml.sink, body.data, body.len, &ignored);
	bk_s3_xml_clear(&xml);
}

static char *advice_of(const struct bk_s3_complaint *complaint,
		       const char *advice, int64_t ahead_s)
{
	if (*complaint->region)
		return bk_asprintf(
			"; the bucket lies in region %s: write "
			"region = %s",
			complaint->region, complaint->region);
	if (strcmp(complaint->code, "RequestTimeTooSkewed") == 0 && ahead_s)
		return bk_asprintf(
			"; this host's clock is %jd s %s the "
			"server's: set the one that is wrong",
			(intmax_t)(ahead_s < 0 ? -ahead_s : ahead_s),
			ahead_s < 0 ? "behind" : "ahead of");
	return advice ? bk_asprintf("; %s", advice) : bk_strdup("");
}

int bk_s3_complain(const struct bk_s3_complaint *complaint, int64_t ahead_s,
		   struct bk_err *err)
{
	uint32_t retry_after_s = err->retry_after_s;
	enum bk_kind kind = err->kind;
	const char *advice = NULL;

	if (!*complaint->code)
		return -1;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, complaint->code) == 0) {
			kind = codes[i].kind;
			advice = codes[i].advice;
		}
	char *more = advice_of(complaint, advice, ahead_s);
	bk_fail(err, kind, "%s%s%s%s", complaint->code,
		*complaint->message ? ": " : "", complaint->message, more);
	if (kind == BK_BUSY || kind == BK_LOST)
		err->retry_after_s = retry_after_s;
	free(more);
	return -1;
}
