import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AuditClient as _heliu_v1_AuditClient, AuditDefinition as _heliu_v1_AuditDefinition } from './heliu/v1/Audit.ts';
import type { CheckpointAnswer as _heliu_v1_CheckpointAnswer, CheckpointAnswer__Output as _heliu_v1_CheckpointAnswer__Output } from './heliu/v1/CheckpointAnswer.ts';
import type { CheckpointRequest as _heliu_v1_CheckpointRequest, CheckpointRequest__Output as _heliu_v1_CheckpointRequest__Output } from './heliu/v1/CheckpointRequest.ts';
import type { ConsistencyAnswer as _heliu_v1_ConsistencyAnswer, ConsistencyAnswer__Output as _heliu_v1_ConsistencyAnswer__Output } from './heliu/v1/ConsistencyAnswer.ts';
import type { ConsistencyRequest as _heliu_v1_ConsistencyRequest, ConsistencyRequest__Output as _heliu_v1_ConsistencyRequest__Output } from './heliu/v1/ConsistencyRequest.ts';
import type { CosignAnswer as _heliu_v1_CosignAnswer, CosignAnswer__Output as _heliu_v1_CosignAnswer__Output } from './heliu/v1/CosignAnswer.ts';
import type { CosignRequest as _heliu_v1_CosignRequest, CosignRequest__Output as _heliu_v1_CosignRequest__Output } from './heliu/v1/CosignRequest.ts';
import type { GossipAnswer as _heliu_v1_GossipAnswer, GossipAnswer__Output as _heliu_v1_GossipAnswer__Output } from './heliu/v1/GossipAnswer.ts';
import type { GossipRequest as _heliu_v1_GossipRequest, GossipRequest__Output as _heliu_v1_GossipRequest__Output } from './heliu/v1/GossipRequest.ts';
import type { HeldRecord as _heliu_v1_HeldRecord, HeldRecord__Output as _heliu_v1_HeldRecord__Output } from './heliu/v1/HeldRecord.ts';
import type { HoldingsRequest as _heliu_v1_HoldingsRequest, HoldingsRequest__Output as _heliu_v1_HoldingsRequest__Output } from './heliu/v1/HoldingsRequest.ts';
import type { ProofAnswer as _heliu_v1_ProofAnswer, ProofAnswer__Output as _heliu_v1_ProofAnswer__Output } from './heliu/v1/ProofAnswer.ts';
import type { ProofRequest as _heliu_v1_ProofRequest, ProofRequest__Output as _heliu_v1_ProofRequest__Output } from './heliu/v1/ProofRequest.ts';
import type { SuccessionAnswer as _heliu_v1_SuccessionAnswer, SuccessionAnswer__Output as _heliu_v1_SuccessionAnswer__Output } from './heliu/v1/SuccessionAnswer.ts';
import type { SuccessionRequest as _heliu_v1_SuccessionRequest, SuccessionRequest__Output as _heliu_v1_SuccessionRequest__Output } from './heliu/v1/SuccessionRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Audit: SubtypeConstructor<typeof grpc.Client, _heliu_v1_AuditClient> & { service: _heliu_v1_AuditDefinition }
      CheckpointAnswer: MessageTypeDefinition<_heliu_v1_CheckpointAnswer, _heliu_v1_CheckpointAnswer__Output>
      CheckpointRequest: MessageTypeDefinition<_heliu_v1_CheckpointRequest, _heliu_v1_CheckpointRequest__Output>
      ConsistencyAnswer: MessageTypeDefinition<_heliu_v1_ConsistencyAnswer, _heliu_v1_ConsistencyAnswer__Output>
      ConsistencyRequest: MessageTypeDefinition<_heliu_v1_ConsistencyRequest, _heliu_v1_ConsistencyRequest__Output>
      CosignAnswer: MessageTypeDefinition<_heliu_v1_CosignAnswer, _heliu_v1_CosignAnswer__Output>
      CosignRequest: MessageTypeDefinition<_heliu_v1_CosignRequest, _heliu_v1_CosignRequest__Output>
      GossipAnswer: MessageTypeDefinition<_heliu_v1_GossipAnswer, _heliu_v1_GossipAnswer__Output>
      GossipRequest: MessageTypeDefinition<_heliu_v1_GossipRequest, _heliu_v1_GossipRequest__Output>
      HeldRecord: MessageTypeDefinition<_heliu_v1_HeldRecord, _heliu_v1_HeldRecord__Output>
      HoldingsRequest: MessageTypeDefinition<_heliu_v1_HoldingsRequest, _heliu_v1_HoldingsRequest__Output>
      ProofAnswer: MessageTypeDefinition<_heliu_v1_ProofAnswer, _heliu_v1_ProofAnswer__Output>
      ProofRequest: MessageTypeDefinition<_heliu_v1_ProofRequest, _heliu_v1_ProofRequest__Output>
      SuccessionAnswer: MessageTypeDefinition<_heliu_v1_SuccessionAnswer, _heliu_v1_SuccessionAnswer__Output>
      SuccessionRequest: MessageTypeDefinition<_heliu_v1_SuccessionRequest, _heliu_v1_SuccessionRequest__Output>
    }
  }
}

