using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class OddPathTests(FileSystemRegistry registry) : IClassFixture<FileSystemRegistry>
{
    public static TheoryData<string> Paths =>
    [
        "/v2//tags/list",
        "/v2//a/tags/list",
        "/v2/a//tags/list",
        "/v2/a//b/manifests/v1",
        "/v2/a/manifests//v1",
        "/v2/a/blobs//sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "/v2/a/blobs/uploads//",
        "/v2/a/blobs/uploads//x",
        "/v2//",
        "/v2///",
        "//v2/",
        "//",
        "/v2/./",
        "/v2/../",
        "/v2/../../etc/passwd",
        "/v2/a/../../../etc/passwd",
        "/v2/a/manifests/..",
        "/v2/a/manifests/.",
        "/v2/a/blobs/..",
        "/v2/a/blobs/uploads/..",
        "/v2/a/blobs/uploads/../../../../escaped",
        "/v2/%2e%2e/%2e%2e/etc/passwd",
        "/v2/%2e%2e/tags/list",
        "/v2/a/%2e%2e/%2e%2e/%2e%2e/b/tags/list",
        "/v2/a/manifests/%2e%2e",
        "/v2/a/manifests/%2e%2e%2fescaped",
        "/v2/..%2f..%2fescaped/manifests/v1",
        "/v2/%252e%252e/tags/list",
        "/v2/%252e%252e%252fescaped/manifests/v1",
        "/v2/a%2fb/tags/list",
        "/v2/a%2Fb/manifests/v1",
        "/v2/a%252Fb/tags/list",
        "/v2/a/blobs/uploads/%2e%2e%2f%2e%2e%2fescaped",
        "/v2/a\\..\\b/tags/list",
        "/v2/a%5c..%5cescaped/tags/list",
        "/v2/a/manifests/..%5cescaped",
        "/v2/%00/tags/list",
        "/v2/a%00b/tags/list",
        "/v2/a/manifests/v1%00",
        "/v2/a/blobs/sha256:%00",
        "/v2/\0/tags/list",
        "/v2/\u00e9/tags/list",
        "/v2/%C3%A9/tags/list",
        "/v2/%FF/tags/list",
        "/v2/%C0%AE%C0%AE/tags/list",
        "/v2/%EF%BC%8E%EF%BC%8E/tags/list",
        "/v2/%/tags/list",
        "/v2/%zz/tags/list",
        "/v2/a/manifests/%",
        "/v2/a%0d%0aX-Injected:%20yes/tags/list",
        "/v2/a/manifests/v1%0d%0aX-Injected:%20yes",
        "/v2/a;b/tags/list",
        "/v2/a/tags/list/",
        "/v2/a/tags/list/x",
        "/v2/a/manifests/",
        "/v2/a/manifests",
        "/v2/a/blobs/",
        "/v2/a/blobs",
        "/v2/a/referrers/",
        "/v2/a/referrers",
        "/v2/a/manifests/v1/",
        "/v2/_catalog/",
        "/v2/a/_catalog",
        "/v2/C:/tags/list",
        "/v2/~/tags/list",
        "/v2/nul/con/aux:stream/tags/list",
        "v2/",
        "*",
    ];

    [Theory]
    [Trait("Protocol", "X15")]
    [MemberData(nameof(Paths))]
    public async Task An_odd_path_leads_nowhere(string path)
    {
        IReadOnlyList<string> before = registry.Files;
        foreach (string method in new[] { "GET", "HEAD", "PUT", "PATCH", "POST", "DELETE" })
        {
            Answer answer = await RawHttp.SendAsync(registry.Host, $"{method} {path}", method is "PUT" or "POST" or "PATCH" ? ["Content-Length: 0"] : []);

            Assert.Contains(answer.Status, Allowed(method, path));
            Assert.Null(answer["X-Injected"]);
        }

        Assert.Empty(registry.FilesOutside);
        Assert.Equal(before, registry.Files);
    }

    [Theory]
    [Trait("Protocol", "X15")]
    [InlineData("http://registry.test/v2/")]
    [InlineData("/v2/?")]
    [InlineData("/%76%32/")]
    public async Task A_target_that_is_only_spelled_oddly_leads_where_it_says(string target) =>
        (await RawHttp.SendAsync(registry.Host, $"GET {target}")).Expect(200);

    [Fact]
    [Trait("Protocol", "X15")]
    public async Task A_path_that_leaves_the_registry_and_comes_back_is_the_registrys()
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = await registry.Client.PushAsync(repository, TestBlob.Random(10));

        Answer answer = await RawHttp.SendAsync(registry.Host, $"GET /v2/x/../../v2/./{repository}/blobs/{blob.Sha256}");

        Assert.Equal(blob.Content, answer.Expect(200).Body);
    }

    // What is removed from a path by its dots may leave one that means something else: the version check, or a method that is not for it.
    private static int[] Allowed(string method, string path) => path is "/v2/./" or "//v2/" && method is "GET" or "HEAD" ? [200, 400, 404] : [400, 404, 405];
}
