using System.Runtime.CompilerServices;

namespace Registry.Maintenance.Copying;

/// <summary>A key of the source, the target, or both.</summary>
internal readonly record struct MergedKey(string Key, bool InSource, bool InTarget);

/// <summary>Goes through two listings side by side, so that what two stores differ in is found without holding the keys of either.</summary>
internal static class KeyMerge
{
    public static async IAsyncEnumerable<MergedKey> MergeAsync(IAsyncEnumerable<string> source, IAsyncEnumerable<string> target, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<string> left = source.GetAsyncEnumerator(cancellationToken);
        await using (left.ConfigureAwait(false))
        {
            IAsyncEnumerator<string> right = target.GetAsyncEnumerator(cancellationToken);
            await using (right.ConfigureAwait(false))
            {
                bool hasLeft = await left.MoveNextAsync().ConfigureAwait(false);
                bool hasRight = await right.MoveNextAsync().ConfigureAwait(false);
                while (hasLeft || hasRight)
                {
                    int order = !hasLeft ? 1 : !hasRight ? -1 : string.CompareOrdinal(left.Current, right.Current);
                    yield return new MergedKey(order <= 0 ? left.Current : right.Current, order <= 0, order >= 0);
                    if (order <= 0)
                    {
                        hasLeft = await left.MoveNextAsync().ConfigureAwait(false);
                    }

                    if (order >= 0)
                    {
                        hasRight = await right.MoveNextAsync().ConfigureAwait(false);
                    }
                }
            }
        }
    }
}
