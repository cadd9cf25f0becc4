namespace Registry.Storage.FileSystem;

/// <summary>
/// A few threads of the store's own for work that waits for a disk. On the shared thread pool of a small machine a few dozen requests that wait for a flush would leave no
/// thread for any other request.
/// </summary>
/// <typeparam name="T">A piece of work.</typeparam>
/// <remarks>A thread is started when there is work and none is idle. When the store is disposed the threads empty the queue and end.</remarks>
internal sealed class IoThreads<T> : IDisposable
    where T : class
{
    // More than ever wait at once.
    private const int Everybody = 1_000_000;

    private readonly string _name;
    private readonly int _maxThreads;
    private readonly int _maxBatch;
    private readonly Action<List<T>> _process;
    private readonly SemaphoreSlim _room;
    private readonly object _gate = new();
    private readonly Queue<T> _queue = new();
    private readonly List<Thread> _threads = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _idle;
    private int _running;
    private bool _stopping;

    /// <summary>Creates the set without starting a thread.</summary>
    /// <param name="name">What the threads are called.</param>
    /// <param name="maxThreads">How many there are at most.</param>
    /// <param name="maxBatch">How many pieces of work one thread takes at a time.</param>
    /// <param name="capacity">How many pieces may wait or be worked on; callers with more wait for room, without a thread.</param>
    /// <param name="process">Does a batch. It reports failures through the pieces of work and does not throw.</param>
    public IoThreads(string name, int maxThreads, int maxBatch, int capacity, Action<List<T>> process)
    {
        _name = name;
        _maxThreads = maxThreads;
        _maxBatch = maxBatch;
        _process = process;
        _room = new SemaphoreSlim(capacity);
    }

    /// <summary>Hands over a piece of work. What becomes of it is told by the piece itself.</summary>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public ValueTask EnqueueAsync(T work, CancellationToken cancellationToken)
    {
        if (_room.Wait(0, CancellationToken.None))
        {
            Enqueue(work);
            return ValueTask.CompletedTask;
        }

        return WaitForRoomAsync(work, cancellationToken);
    }

    /// <summary>Takes no more work and completes when what was taken before is done.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                // Who waits for room gets through, to be told that the store is disposed.
                _stopping = true;
                _room.Release(Everybody);
                Monitor.PulseAll(_gate);
            }

            if (_running == 0)
            {
                _ended.TrySetResult();
            }
        }

        return _ended.Task;
    }

    /// <summary>Takes no more work and waits until what was taken before is done.</summary>
    public void Stop()
    {
        StopAsync();
        Thread[] threads;
        lock (_gate)
        {
            threads = [.. _threads];
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    public void Dispose() => _room.Dispose();

    private async ValueTask WaitForRoomAsync(T work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        Enqueue(work);
    }

    private void Enqueue(T work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(FileSystemObjectStore));

            _queue.Enqueue(work);
            if (_idle > 0)
            {
                Monitor.Pulse(_gate);
            }
            else if (_threads.Count < _maxThreads)
            {
                var thread = new Thread(Loop) { IsBackground = true, Name = $"{_name} {_threads.Count + 1}" };
                _threads.Add(thread);
                _running++;
                thread.Start();
            }
        }
    }

    private void Loop()
    {
        var batch = new List<T>(_maxBatch);
        while (Take(batch))
        {
            _process(batch);
            _room.Release(batch.Count);
            batch.Clear();
        }
    }

    private bool Take(List<T> batch)
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_stopping)
                {
                    if (--_running == 0)
                    {
                        _ended.TrySetResult();
                    }

                    return false;
                }

                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            // A fair share, so that the other threads have something to flush at the same time.
            int share = Math.Min(_maxBatch, (_queue.Count + _maxThreads - 1) / _maxThreads);
            for (int i = 0; i < share; i++)
            {
                batch.Add(_queue.Dequeue());
            }

            return true;
        }
    }
}
