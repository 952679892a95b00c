import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError, del, get, post, rememberCsrf } from './client';
import type * as Api from './types';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      // Only an unreachable authority is worth a second try; a refusal stays a refusal.
      retry: (count, error) => count < 1 && error instanceof ApiError && error.status === 0,
    },
  },
});

/** Errors speak the reader's language, so a change of language asks again. */
function useAsk<T>(path: string, enabled = true, keep = false) {
  const { i18n } = useTranslation();
  return useQuery<T, ApiError>({ queryKey: [path, i18n.language], queryFn: () => get<T>(path), enabled, placeholderData: keep ? keepPreviousData : undefined });
}

function sessionOf(raw: Api.RawSession): Api.Session {
  rememberCsrf(raw.csrf);
  if (!raw.account) return { account: null };
  return { account: { id: raw.account, name: raw.name ?? raw.account, organisation: raw.organisation ?? '', roles: raw.roles ?? [] } };
}

export function useSession() {
  return useQuery<Api.Session, ApiError>({
    queryKey: ['session'],
    queryFn: async () => sessionOf(await get<Api.RawSession>('/session')),
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation<Api.Session, ApiError, { account: string; password: string }>({
    mutationFn: async (body) => sessionOf(await post<Api.RawSession>('/session', body)),
    onSuccess: (session) => {
      // What another account saw must not be shown to this one.
      client.clear();
      client.setQueryData(['session'], session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation<void, ApiError>({
    mutationFn: () => del<void>('/session'),
    onSettled: () => {
      rememberCsrf(undefined);
      client.clear();
      client.setQueryData(['session'], { account: null });
    },
  });
}

/** A change at the authority; afterwards everything shown is asked again. */
export function useChange<Body, Answer = unknown>(path: string) {
  const client = useQueryClient();
  return useMutation<Answer, ApiError, Body>({
    mutationFn: (body) => post<Answer>(path, body),
    onSuccess: () => client.invalidateQueries(),
  });
}

export const useStatus = () => useAsk<Api.Status>('/status');
export const useCatalogue = (q: string, kind: string, tier: string, code_system: string) =>
  useAsk<Api.Catalogue>(`/catalogue?${new URLSearchParams({ q, kind, tier, code_system }).toString()}`, true, true);
export const useDataset = (id: string) => useAsk<Api.Dataset>(`/catalogue/${encodeURIComponent(id)}`);
export const useReuse = (id: string, enabled: boolean) => useAsk<Api.Reuse>(`/catalogue/${encodeURIComponent(id)}/reuse`, enabled);
export const useApplications = () => useAsk<{ applications: Api.ApplicationCard[]; can_apply?: boolean }>('/applications');
export const useApplication = (id: string) => useAsk<Api.Application>(`/applications/${encodeURIComponent(id)}`);
export const useRights = (enabled = true) => useAsk<{ rights: Api.Right[] }>('/rights', enabled);
export const useRight = (id: string) => useAsk<Api.Right>(`/rights/${encodeURIComponent(id)}`);
export const useUses = () => useAsk<{ uses: Api.Use[] }>('/uses');
export const useProgrammes = () => useAsk<{ programmes: Api.ProgrammeCard[] }>('/programmes');
export const useProgramme = (id: string) => useAsk<Api.Programme>(`/programmes/${encodeURIComponent(id)}`);
export const useDemonstrations = () => useAsk<{ programmes: Api.DemonstrationCard[] }>('/demonstrations');
export const useDemonstration = (id: string) => useAsk<Api.Demonstration>(`/demonstrations/${encodeURIComponent(id)}`);
export const useForms = () => useAsk<Api.Forms>('/application-forms');
export const useTerms = () => useAsk<Api.Terms>('/use-terms');
export const useConcepts = (q: string, domain: string) =>
  useAsk<{ concepts: Api.FoundConcept[] }>(`/concepts?${new URLSearchParams({ q, domain }).toString()}`, q.trim().length > 1, true);
export const useDefinitions = () => useAsk<{ definitions: Api.DefinitionCard[] }>('/definitions');
export const useAnswers = (right: string) =>
  useAsk<{ answers: Api.Answer[] }>(`/questions?${new URLSearchParams({ right }).toString()}`, right !== '');
export const useEvidenceList = () => useAsk<{ evidence: Api.EvidenceCard[] }>('/evidence');
export const useEvidence = (id: string) => useAsk<Api.Evidence>(`/evidence/${encodeURIComponent(id)}`);
export const useLog = (from: number, count: number) => useAsk<Api.LogPage>(`/log?from=${from}&count=${count}`, true, true);
export const useCheckpoint = () => useAsk<Api.Checkpoint>('/log/checkpoint');
