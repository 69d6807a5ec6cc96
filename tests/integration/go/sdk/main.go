// The AWS SDK for Go with its default settings, doing what applications do with it. Exits 1 with the first answer that is
// not the one AWS gives; prints a line for each step that held.
//
// Environment: S3_ENDPOINT, S3_BUCKET (exists, empty), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

type client struct {
	*s3.Client
	bucket *string
}

// A step stops at the first failed expectation.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func expect(holds bool, format string, values ...any) {
	if !holds {
		panic(fmt.Errorf(format, values...))
	}
}

func fails(err error, code string, status int) {
	var coded smithy.APIError
	var answered *smithyhttp.ResponseError
	expect(errors.As(err, &coded) && errors.As(err, &answered), "wanted %s, got %v", code, err)
	expect(coded.ErrorCode() == code && answered.HTTPStatusCode() == status, "wanted %s %d, got %v", code, status, err)
}

func bytesOf(size int) []byte {
	data := make([]byte, size)
	rand.New(rand.NewSource(int64(size))).Read(data)
	return data
}

func quotedMD5(data []byte) string {
	sum := md5.Sum(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (c client) put(key string, data []byte) *s3.PutObjectOutput {
	return must(c.PutObject(context.TODO(), &s3.PutObjectInput{Bucket: c.bucket, Key: &key, Body: bytes.NewReader(data)}))
}

func (c client) get(key string, version *string) []byte {
	answer := must(c.GetObject(context.TODO(), &s3.GetObjectInput{Bucket: c.bucket, Key: &key, VersionId: version}))
	defer answer.Body.Close()
	return must(io.ReadAll(answer.Body))
}

func oddNames(c client) {
	data := bytesOf(100_000)
	for _, key := range []string{"plain", "with space/ü+%41&=?#", "a//b/../c", "комета"} {
		put := must(c.PutObject(context.TODO(), &s3.PutObjectInput{
			Bucket: c.bucket, Key: &key, Body: bytes.NewReader(data), ContentType: aws.String("text/x-lab"),
			Metadata: map[string]string{"colour": "blue"},
		}))
		expect(*put.ETag == quotedMD5(data), "ETag %s", *put.ETag)
		head := must(c.HeadObject(context.TODO(), &s3.HeadObjectInput{
			Bucket: c.bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled,
		}))
		expect(*head.ContentLength == int64(len(data)) && *head.ContentType == "text/x-lab", "head of %s", key)
		expect(head.Metadata["colour"] == "blue", "metadata %v", head.Metadata)
		expect(put.ChecksumCRC32 != nil && *head.ChecksumCRC32 == *put.ChecksumCRC32, "checksum of %s", key)
		expect(bytes.Equal(c.get(key, nil), data), "bytes of %s", key)
	}
}

func checksums(c client) {
	for _, algorithm := range []types.ChecksumAlgorithm{
		types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme,
		types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256,
	} {
		key := "sum-" + string(algorithm)
		must(c.PutObject(context.TODO(), &s3.PutObjectInput{
			Bucket: c.bucket, Key: &key, Body: strings.NewReader("checked"), ChecksumAlgorithm: algorithm,
		}))
		shown := must(c.GetObjectAttributes(context.TODO(), &s3.GetObjectAttributesInput{
			Bucket: c.bucket, Key: &key, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesChecksum},
		})).Checksum
		sums := []*string{
			shown.ChecksumCRC32, shown.ChecksumCRC32C, shown.ChecksumCRC64NVME, shown.ChecksumSHA1, shown.ChecksumSHA256,
		}
		there := slices.DeleteFunc(sums, func(sum *string) bool { return sum == nil })
		expect(len(there) == 1 && shown.ChecksumType == types.ChecksumTypeFullObject, "%s: %v", key, shown)
		expect(string(c.get(key, nil)) == "checked", "bytes of %s", key)
	}
}

func conditions(c client) {
	key := "conditional"
	put := func(match, noneMatch *string) error {
		_, err := c.PutObject(context.TODO(), &s3.PutObjectInput{
			Bucket: c.bucket, Key: &key, Body: strings.NewReader("x"), IfMatch: match, IfNoneMatch: noneMatch,
		})
		return err
	}
	fails(put(aws.String(`"0"`), nil), "NoSuchKey", 404)
	must(0, put(nil, aws.String("*")))
	fails(put(nil, aws.String("*")), "PreconditionFailed", 412)
	fails(put(aws.String(`"0"`), nil), "PreconditionFailed", 412)
	must(0, put(aws.String(quotedMD5([]byte("x"))), nil))
	_, err := c.GetObject(context.TODO(), &s3.GetObjectInput{
		Bucket: c.bucket, Key: &key, IfNoneMatch: aws.String(quotedMD5([]byte("x"))),
	})
	fails(err, "NotModified", 304)
	_, err = c.DeleteObject(context.TODO(), &s3.DeleteObjectInput{Bucket: c.bucket, Key: &key, IfMatch: aws.String(`"0"`)})
	fails(err, "PreconditionFailed", 412)
	must(c.DeleteObject(context.TODO(), &s3.DeleteObjectInput{
		Bucket: c.bucket, Key: &key, IfMatch: aws.String(quotedMD5([]byte("x"))),
	}))
	_, err = c.HeadObject(context.TODO(), &s3.HeadObjectInput{Bucket: c.bucket, Key: &key})
	fails(err, "NotFound", 404)
}

func ranges(c client) {
	data := c.get("plain", nil)
	key := "plain"
	part := must(c.GetObject(context.TODO(), &s3.GetObjectInput{
		Bucket: c.bucket, Key: &key, Range: aws.String("bytes=-10"),
	}))
	defer part.Body.Close()
	expect(bytes.Equal(must(io.ReadAll(part.Body)), data[len(data)-10:]), "the last 10 bytes")
	expect(*part.ContentRange == fmt.Sprintf("bytes %d-%d/%d", len(data)-10, len(data)-1, len(data)), "range %s", *part.ContentRange)
}

func multipart(c client) {
	data := bytesOf(12<<20 + 5)
	key := "parts"
	uploader := manager.NewUploader(c.Client, func(u *manager.Uploader) { u.PartSize = 5 << 20 })
	done := must(uploader.Upload(context.TODO(), &s3.PutObjectInput{Bucket: c.bucket, Key: &key, Body: bytes.NewReader(data)}))
	expect(strings.HasSuffix(*done.ETag, `-3"`), "ETag %s", *done.ETag)
	room := manager.NewWriteAtBuffer(nil)
	downloader := manager.NewDownloader(c.Client, func(d *manager.Downloader) { d.PartSize = 5 << 20 })
	size := must(downloader.Download(context.TODO(), room, &s3.GetObjectInput{Bucket: c.bucket, Key: &key}))
	expect(size == int64(len(data)) && bytes.Equal(room.Bytes(), data), "the parts came back as %d bytes", size)
	copied := "copied"
	must(c.CopyObject(context.TODO(), &s3.CopyObjectInput{
		Bucket: c.bucket, Key: &copied, CopySource: aws.String(*c.bucket + "/" + key),
	}))
	expect(bytes.Equal(c.get(copied, nil), data), "the copy")
}

func links(c client) {
	presign := s3.NewPresignClient(c.Client)
	key := "linked"
	put := must(presign.PresignPutObject(context.TODO(), &s3.PutObjectInput{Bucket: c.bucket, Key: &key}))
	request := must(http.NewRequest(put.Method, put.URL, strings.NewReader("by link")))
	request.Header = put.SignedHeader
	answer := must(http.DefaultClient.Do(request))
	answer.Body.Close()
	expect(answer.StatusCode == 200, "PUT by link: %d", answer.StatusCode)
	get := must(presign.PresignGetObject(context.TODO(), &s3.GetObjectInput{Bucket: c.bucket, Key: &key}))
	answer = must(http.Get(get.URL))
	defer answer.Body.Close()
	expect(string(must(io.ReadAll(answer.Body))) == "by link", "GET by link: %d", answer.StatusCode)
	answer = must(http.Get(strings.Replace(get.URL, key, "plain", 1)))
	answer.Body.Close()
	expect(answer.StatusCode == 403, "a changed link: %d", answer.StatusCode)
}

func tags(c client) {
	key := "tagged"
	must(c.PutObject(context.TODO(), &s3.PutObjectInput{
		Bucket: c.bucket, Key: &key, Body: strings.NewReader(""), Tagging: aws.String("state=draft&year=2025"),
	}))
	shown := must(c.GetObjectTagging(context.TODO(), &s3.GetObjectTaggingInput{Bucket: c.bucket, Key: &key}))
	expect(len(shown.TagSet) == 2, "tags %v", shown.TagSet)
	must(c.PutObjectTagging(context.TODO(), &s3.PutObjectTaggingInput{
		Bucket: c.bucket, Key: &key,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("state"), Value: aws.String("final")}}},
	}))
	head := must(c.HeadObject(context.TODO(), &s3.HeadObjectInput{Bucket: c.bucket, Key: &key}))
	expect(*head.TagCount == 1, "tag count %d", *head.TagCount)
	must(c.DeleteObjectTagging(context.TODO(), &s3.DeleteObjectTaggingInput{Bucket: c.bucket, Key: &key}))
	shown = must(c.GetObjectTagging(context.TODO(), &s3.GetObjectTaggingInput{Bucket: c.bucket, Key: &key}))
	expect(len(shown.TagSet) == 0, "tags %v", shown.TagSet)
}

func pages(c client) {
	var keys []string
	walk := s3.NewListObjectsV2Paginator(c.Client, &s3.ListObjectsV2Input{Bucket: c.bucket, MaxKeys: aws.Int32(3)})
	for walk.HasMorePages() {
		for _, object := range must(walk.NextPage(context.TODO())).Contents {
			keys = append(keys, *object.Key)
		}
	}
	expect(slices.IsSorted(keys) && slices.Contains(keys, "a//b/../c"), "keys %q", keys)
	folders := must(c.ListObjectsV2(context.TODO(), &s3.ListObjectsV2Input{Bucket: c.bucket, Delimiter: aws.String("/")}))
	expect(len(folders.CommonPrefixes) == 2 && *folders.CommonPrefixes[1].Prefix == "with space/", "folders %v", folders)
	var gone []types.ObjectIdentifier
	for i := range keys {
		gone = append(gone, types.ObjectIdentifier{Key: &keys[i]})
	}
	deleted := must(c.DeleteObjects(context.TODO(), &s3.DeleteObjectsInput{
		Bucket: c.bucket, Delete: &types.Delete{Objects: gone},
	}))
	expect(len(deleted.Deleted) == len(keys) && len(deleted.Errors) == 0, "deleted %v", deleted)
}

func versions(c client) {
	must(c.PutBucketVersioning(context.TODO(), &s3.PutBucketVersioningInput{
		Bucket: c.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}))
	key := "versioned"
	first := c.put(key, []byte("one"))
	second := c.put(key, []byte("two"))
	expect(string(c.get(key, first.VersionId)) == "one" && string(c.get(key, nil)) == "two", "the two versions")
	marker := must(c.DeleteObject(context.TODO(), &s3.DeleteObjectInput{Bucket: c.bucket, Key: &key}))
	expect(*marker.DeleteMarker, "a marker")
	_, err := c.GetObject(context.TODO(), &s3.GetObjectInput{Bucket: c.bucket, Key: &key})
	fails(err, "NoSuchKey", 404)
	listed := must(c.ListObjectVersions(context.TODO(), &s3.ListObjectVersionsInput{Bucket: c.bucket}))
	expect(len(listed.Versions) == 2 && len(listed.DeleteMarkers) == 1, "%d versions", len(listed.Versions))
	expect(*listed.DeleteMarkers[0].IsLatest && *listed.Versions[0].VersionId == *second.VersionId, "their order")
	for _, version := range []*string{marker.VersionId, second.VersionId} {
		must(c.DeleteObject(context.TODO(), &s3.DeleteObjectInput{Bucket: c.bucket, Key: &key, VersionId: version}))
	}
	expect(string(c.get(key, nil)) == "one", "the first version is current again")
	_, err = c.GetObject(context.TODO(), &s3.GetObjectInput{Bucket: c.bucket, Key: &key, VersionId: second.VersionId})
	fails(err, "NoSuchVersion", 404)
}

func main() {
	settings := must(config.LoadDefaultConfig(context.TODO(), config.WithRegion("us-east-1")))
	c := client{
		Client: s3.NewFromConfig(settings, func(o *s3.Options) {
			o.BaseEndpoint = aws.String(os.Getenv("S3_ENDPOINT"))
			o.UsePathStyle = true
		}),
		bucket: aws.String(os.Getenv("S3_BUCKET")),
	}
	steps := []struct {
		name string
		run  func(client)
	}{
		{"put, head and get with odd names and metadata", oddNames},
		{"every checksum algorithm", checksums},
		{"conditions", conditions},
		{"ranges", ranges},
		{"a multipart upload, a download in parts and a copy", multipart},
		{"presigned links", links},
		{"tags", tags},
		{"listing by pages and deleting many", pages},
		{"versions", versions},
	}
	for _, step := range steps {
		func() {
			defer func() {
				if failure := recover(); failure != nil {
					fmt.Fprintf(os.Stderr, "%s: %v\n", step.name, failure)
					os.Exit(1)
				}
			}()
			step.run(c)
		}()
		fmt.Println("held:", step.name)
	}
}
