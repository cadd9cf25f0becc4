using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ContentEncodingTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "X7")]
    [InlineData("gzip", false)]
    [InlineData("zstd, gzip, deflate", false)]
    [InlineData("identity;q=0, *", false)]
    [InlineData("gzip", true)]
    [InlineData("br, gzip", true)]
    public async Task Stored_bytes_are_sent_as_they_are_whatever_the_client_can_decode(string accepted, bool hostCompresses)
    {
        RegistryHost host = await RegistryHost.StartAsync(
            builder =>
            {
                builder.Services.AddResponseCompression(static options => options.EnableForHttps = true);
                builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
            },
            app =>
            {
                if (hostCompresses)
                {
                    app.UseResponseCompression();
                }

                app.MapDockerRegistry();
            });
        await using (host)
        {
            var client = new RegistryClient(host.Client);
            TestBlob blob = await client.PushAsync("a", TestBlob.Of(new string('x', 20_000)));
            TestBlob manifest = await client.PushImageAsync("a", "v1", MinimalImage.Of(blob));
            foreach ((string path, TestBlob stored) in new[] { ($"/v2/a/blobs/{blob.Sha256}", blob), ("/v2/a/manifests/v1", manifest) })
            {
                Answer answer = (await client.GetAsync(path, ("Accept-Encoding", accepted))).Expect(200);

                Assert.Null(answer["Content-Encoding"]);
                Assert.Equal(stored.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), answer["Content-Length"]);
                Assert.Equal(stored.Content, answer.Body);
            }

            Assert.Equal(blob[5..10], (await client.GetAsync($"/v2/a/blobs/{blob.Sha256}", ("Accept-Encoding", accepted), ("Range", "bytes=5-9"))).Expect(206).Body);
        }
    }

    [Fact]
    [Trait("Protocol", "X7")]
    public async Task A_body_that_says_it_is_encoded_is_stored_as_it_came()
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = TestBlob.Random(1000);

        Answer answer = await registry.Client.SendAsync("POST", $"/v2/{repository}/blobs/uploads/?digest={blob.Sha256}", blob.Content, headers: ("Content-Encoding", "gzip"));

        answer.Expect(201);
        await registry.Client.AssertHasAsync(repository, blob);
    }
}
